import { EventCursor } from '../framing/event-cursor.ts'
import { type EventPosition, unsupportedEvent } from '../framing/event-position.ts'
import { applyJsonDiffs } from './json-diff.ts'
import { type ImageEnd, type PresentColumns, readImage } from './row-image.ts'

/**
 * A row of a PARTIAL_UPDATE_ROWS event:
 *
 *   row       before options:lenenc [changed] after
 *   changed   bit for each JSON column of the table, the lowest of a byte first, in whole bytes; present if `options` is 1
 *
 * A JSON column with its bit set has changes of its document in place of the document, also with four bytes of length.
 */
export interface PartialRow {
  /** The bytes that the spans of both images refer to. */
  readonly bytes: Buffer
  readonly before: number[]
  readonly after: number[]
  readonly end: number
}

export interface PartialColumns {
  readonly before: PresentColumns
  readonly after: PresentColumns
  readonly blank: readonly number[]
  readonly jsonColumns: readonly number[]
}

const HAS_CHANGES = 1

/** The row at `start`. Its documents are written out. */
export function readPartialRow(
  bytes: Buffer,
  start: number,
  end: number,
  { before, after, blank, jsonColumns }: PartialColumns,
  position: EventPosition,
): PartialRow {
  const imageEnd: ImageEnd = { at: 0 }
  const old = readImage(bytes, start, end, before, blank, position, imageEnd)
  const cursor = new EventCursor(position, bytes, imageEnd.at, end)
  const options = cursor.lenenc()
  if (options > HAS_CHANGES) throw cursor.invalid(`the unknown options ${options}`)
  const bits = options === HAS_CHANGES ? cursor.copy(Math.ceil(jsonColumns.length / 8)) : Buffer.alloc(0)
  const spans = readImage(bytes, cursor.at, end, after, blank, position, imageEnd)
  const changed = jsonColumns.filter((_, i) => ((bits[i >> 3] ?? 0) & (1 << (i & 7))) !== 0)
  const documents = new Map<number, Buffer>()
  for (const column of changed) {
    const [from = -1, to = -1] = spans.slice(2 * column, 2 * column + 2)
    if (from >= 0)
      documents.set(column, changedDocument(bytes, old, column, new EventCursor(position, bytes, from, to)))
  }
  return { ...withDocuments(bytes, start, imageEnd.at, old, spans, documents), end: imageEnd.at }
}

function changedDocument(bytes: Buffer, old: readonly number[], column: number, diffs: EventCursor): Buffer {
  const [from = -1, to = -1] = old.slice(2 * column, 2 * column + 2)
  if (from >= 0) return applyJsonDiffs(bytes.subarray(from, to), diffs)
  throw unsupportedEvent(
    diffs.position,
    'it has changes of a JSON document, and its old rows do not have the document (binlog_row_image)',
    'binlog_row_value_options',
  )
}

/** Appends the documents to a copy of the row, since a row has all its values in one buffer. */
function withDocuments(
  bytes: Buffer,
  start: number,
  end: number,
  old: number[],
  spans: number[],
  documents: ReadonlyMap<number, Buffer>,
): Omit<PartialRow, 'end'> {
  if (documents.size === 0) return { bytes, before: old, after: spans }
  const shifted = (all: readonly number[]) => all.map((at, i) => ((all[i - (i % 2)] ?? -1) < 0 ? at : at - start))
  const [before, after] = [shifted(old), shifted(spans)]
  let at = end - start
  for (const [column, document] of documents) {
    after[2 * column] = at
    at += document.length
    after[2 * column + 1] = at
  }
  return { bytes: Buffer.concat([bytes.subarray(start, end), ...documents.values()]), before, after }
}

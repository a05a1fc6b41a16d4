import { ByteWriter } from '../../src/model/byte-writer.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Position } from '../../src/model/position.ts'
import { type Row, SPAN_NULL, SPAN_UNAVAILABLE, type TableVersion } from '../../src/model/table.ts'
import { BinlogDecoder, type BinlogDecoderOptions } from '../../src/sources/mysql/decode/binlog-decoder.ts'
import type { ReachedPosition } from '../../src/sources/mysql/decode/transaction-log.ts'
import type { CatalogColumn } from '../../src/sources/mysql/tables/table-catalog.ts'
import { TableMemory } from '../../src/sources/mysql/tables/table-memory.ts'
import { Charsets } from '../../src/sources/mysql/values/charset/charset.ts'
import { ValueForms } from '../../src/sources/mysql/values/column-form.ts'
import { DEFAULT_VALUE_MODES } from '../../src/values/value-modes.ts'

/** A position for tests that is the file and offset alone. */
export class ReadPosition implements Position {
  declare readonly __brand: 'Position'
  readonly reached: ReachedPosition

  constructor(reached: ReachedPosition) {
    this.reached = reached
  }
}

/** The character sets in the recordings. */
const CHARSETS = new Charsets({
  names: new Map([
    [8, 'latin1'],
    [28, 'gbk'],
    [33, 'utf8mb3'],
    [45, 'utf8mb4'],
    [46, 'utf8mb4'],
    [63, 'binary'],
    [255, 'utf8mb4'],
  ]),
  ask: (charset, bytes) => {
    const text = new TextDecoder(charset === 'latin1' ? 'windows-1252' : 'gbk').decode(bytes)
    return Promise.resolve(Array.from(text, (character) => character.codePointAt(0) ?? 0))
  },
})

type Catalog = Readonly<Record<string, readonly CatalogColumn[]>>

/** `catalog`: columns by `database.table`. */
export function binlogDecoder(catalog: Catalog = {}, more: Partial<BinlogDecoderOptions> = {}): BinlogDecoder {
  return new BinlogDecoder({
    source: 'shop',
    forms: new ValueForms(CHARSETS, DEFAULT_VALUE_MODES),
    catalog: { columns: (database, table) => Promise.resolve(catalog[`${database}.${table}`] ?? null) },
    later: null,
    memory: new TableMemory(),
    truncates: true,
    file: 'binlog.000001',
    position: 4,
    checksums: false,
    isWatched: () => true,
    heartbeat: null,
    makeOffset: (reached, by) => ({
      position: new ReadPosition(reached),
      server: {},
      memory: {},
      moved: { by, why: 'read', atMs: 0 },
    }),
    ...more,
  })
}

/** One event as text, for comparison in tests. */
export function eventText(event: LogEvent): string {
  switch (event.type) {
    case 'begin':
      return `begin ${event.transaction ?? 'anonymous'}`
    case 'change': {
      const { op, table, before, after, position } = event
      return `${op} ${table.database}.${table.name} ${rowText(table, before)} ${rowText(table, after)} row ${position[3]}`
    }
    case 'commit':
      return `commit ${reachedText(event.offset.position)}`
    case 'progress':
      return `progress ${reachedText(event.offset.position)}`
    case 'pulse':
      return `pulse ${event.nonce ?? 'of another'}`
    default:
      return event.type
  }
}

function reachedText(position: Position): string {
  const { file, position: at, gtids, prepared } = reachedIn(position)
  const since = prepared === null ? '' : ` prepared since ${reachedIn(prepared.since.position).position}`
  return `${file ?? ''}:${at} ${gtids.join(' ')}${since}`
}

function reachedIn(position: Position): ReachedPosition {
  if (position instanceof ReadPosition) return position.reached
  throw new TypeError('a position of another decoder')
}

/** Formats a row as `{"id":1,"a":?}`, where `?` is a value that the log left out. */
function rowText(table: TableVersion, row: Row | null): string {
  if (row === null) return '-'
  const members = table.columns.map(({ name }, i) => `"${name}":${valueText(table, row, i)}`)
  return `{${members.join(',')}}`
}

export function valueText(table: TableVersion, { bytes, spans }: Row, i: number): string {
  const start = spans[2 * i] ?? SPAN_NULL
  if (start === SPAN_UNAVAILABLE) return '?'
  if (start < 0) return 'null'
  const to = new ByteWriter(64)
  table.columns[i]?.write(bytes, start, spans[2 * i + 1] ?? start, to)
  return to.take().toString('utf8')
}

/** Decodes events in order. `take` gets the log events of each. */
export async function decodeEvents(
  decoder: BinlogDecoder,
  events: Iterable<Buffer>,
  take: (events: readonly LogEvent[]) => void,
): Promise<void> {
  for (const bytes of events) {
    const into: LogEvent[] = []
    const rest = decoder.decode(bytes, 0, bytes.length, into)
    if (rest !== undefined) for await (const _step of rest) take(into.splice(0))
    take(into)
  }
}

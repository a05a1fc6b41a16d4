import type { ChangeEvent } from '../../../model/log-event.ts'
import type { Row } from '../../../model/table.ts'

/** What a change takes in memory besides its values and their spans, as measured: the objects for it and for each of its rows. */
const CHANGE_BYTES = 400
const ROW_BYTES = 100
const SPAN_BYTES = 8

/**
 * Copies a change and its rows into new memory, so that it can be kept. Both rows must be in the same bytes, as those of one event are.
 * `memoryBytes`: about how much memory the copy takes.
 */
export function copiedChange(change: ChangeEvent): { readonly copy: ChangeEvent; readonly memoryBytes: number } {
  const { before, after } = change
  const rows = [before, after].filter((row) => row !== null)
  const [first, last] = extentOf(rows)
  const bytes = new Uint8Array(rows[0]?.bytes.subarray(first, last) ?? [])
  const moved = (row: Row | null) => (row === null ? null : { bytes, spans: movedSpans(row, first) })
  const objectBytes = rows.reduce((sum, { spans }) => sum + ROW_BYTES + SPAN_BYTES * spans.length, CHANGE_BYTES)
  return { copy: { ...change, before: moved(before), after: moved(after) }, memoryBytes: objectBytes + bytes.length }
}

/** The part of the bytes that has the values of the rows. */
function extentOf(rows: readonly Row[]): readonly [first: number, last: number] {
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  for (const { spans } of rows) {
    for (let i = 0; i < spans.length; i += 2) {
      const start = spans[i] ?? -1
      if (start < 0) continue
      first = Math.min(first, start)
      last = Math.max(last, spans[i + 1] ?? start)
    }
  }
  return [Math.min(first, last), last]
}

function movedSpans({ spans }: Row, by: number): number[] {
  return spans.map((at, i) => ((spans[i - (i % 2)] ?? -1) < 0 ? at : at - by))
}

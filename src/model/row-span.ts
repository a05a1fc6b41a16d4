import { SPAN_NULL, SPAN_UNAVAILABLE } from './table.ts'

/** Spans for `count` columns, all NULL. Copy them for each row. */
export function blankSpans(count: number): number[] {
  return Array.from({ length: count * 2 }, () => SPAN_NULL)
}

/**
 * Takes values that the new row lacks because they did not change from the old row, where it has them. Both rows must be in the same bytes.
 */
export function takeUnchanged(spans: number[], old: readonly number[]): void {
  for (let i = 0; i < spans.length; i += 2) takeSpan(spans, old, i)
}

/** The same for these columns only. */
export function takeUnchangedOf(columns: readonly number[], spans: number[], old: readonly number[]): void {
  for (const column of columns) takeSpan(spans, old, 2 * column)
}

function takeSpan(spans: number[], old: readonly number[], at: number): void {
  const start = old[at] ?? SPAN_UNAVAILABLE
  if (spans[at] !== SPAN_UNAVAILABLE || start < SPAN_NULL) return
  spans[at] = start
  spans[at + 1] = old[at + 1] ?? start
}

/** The text of this column of a row; '' where the row has none. `column` -1: there is no such column. */
export function textAt(bytes: Buffer, spans: readonly number[], column: number): string {
  const start = column < 0 ? SPAN_NULL : (spans[2 * column] ?? SPAN_NULL)
  return start < 0 ? '' : bytes.toString('utf8', start, spans[2 * column + 1])
}

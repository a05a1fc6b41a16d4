import type { ChangeEvent } from '../../../model/log-event.ts'
import type { Row } from '../../../model/table.ts'

/** Copies a change and its rows into new memory, so that it can be kept. `bytes`: the size of the copied rows. */
export function copiedChange(change: ChangeEvent): { readonly copy: ChangeEvent; readonly bytes: number } {
  const before = copiedRow(change.before)
  const after = copiedRow(change.after)
  const bytes = (before?.bytes.length ?? 0) + (after?.bytes.length ?? 0)
  return { copy: { ...change, before, after }, bytes }
}

function copiedRow(row: Row | null): Row | null {
  if (row === null) return null
  let [first, last] = [row.bytes.length, 0]
  for (let i = 0; i < row.spans.length; i += 2) {
    const start = row.spans[i] ?? -1
    if (start < 0) continue
    first = Math.min(first, start)
    last = Math.max(last, row.spans[i + 1] ?? start)
  }
  if (last === 0) return { bytes: new Uint8Array(0), spans: row.spans }
  const spans = row.spans.map((at, i) => ((row.spans[i - (i % 2)] ?? -1) < 0 ? at : at - first))
  return { bytes: Uint8Array.from(row.bytes.subarray(first, last)), spans }
}

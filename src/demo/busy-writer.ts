import type { Clock } from '../model/clock.ts'
import type { BusyDatabase } from './stage.ts'

export interface BusyOptions {
  readonly busy: BusyDatabase
  readonly clock: Clock
  /** How fast the server's log is to grow, including everything else that writes to it. */
  readonly bytesPerSecond: number
}

const TICK_MS = 100
const MOST_ROWS = 2000
/** The table is emptied when it has this many rows. */
const ROWS_KEPT = 20_000

/** Writes steadily to a table that no reader watches, until the signal aborts. Measures the log to keep its pace. */
export async function keepBusy(options: BusyOptions, signal: AbortSignal): Promise<void> {
  const { busy, clock, bytesPerSecond } = options
  const startMs = clock.monotonicMs()
  const start = await busy.writtenBytes()
  let rows = 0
  let rowsKept = 0
  while (!signal.aborted) {
    const written = (await busy.writtenBytes()) - start
    const dueBytes = ((clock.monotonicMs() - startMs) / 1000) * bytesPerSecond - written
    const bytesPerRow = rows === 0 ? 1200 : Math.max(1000, written / rows)
    const count = Math.min(MOST_ROWS, Math.floor(dueBytes / bytesPerRow))
    if (count > 0) {
      await busy.insertRows(count)
      rows += count
      rowsKept += count
    }
    if (rowsKept > ROWS_KEPT) {
      await busy.empty()
      rowsKept = 0
    }
    // Rejects only at the end of the demo.
    await clock.sleep(TICK_MS, signal).catch(() => undefined)
  }
}

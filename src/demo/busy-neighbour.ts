import type { AdminConnection } from '../local-server/postgresql/admin-connection.ts'
import type { Clock } from '../model/clock.ts'

export interface NeighbourOptions {
  readonly admin: AdminConnection
  readonly clock: Clock
  /** How much it is to make the server's log grow in a second, all in all. */
  readonly bytesPerSecond: number
}

const TICK_MS = 100
const MOST_ROWS = 2000
/** The table is emptied at this many rows, so that only the log grows. */
const ROWS_KEPT = 20_000

/** Writes steadily into a table that nobody watches, until the signal aborts. It looks at the log itself to keep its pace. */
export async function runBusyNeighbour(options: NeighbourOptions, signal: AbortSignal): Promise<void> {
  const { admin, clock, bytesPerSecond } = options
  const startMs = clock.monotonicMs()
  const start = await writtenBytes(admin)
  let rows = 0
  let rowsKept = 0
  while (!signal.aborted) {
    const written = (await writtenBytes(admin)) - start
    const dueBytes = ((clock.monotonicMs() - startMs) / 1000) * bytesPerSecond - written
    const bytesPerRow = rows === 0 ? 1200 : Math.max(1000, written / rows)
    const count = Math.min(MOST_ROWS, Math.floor(dueBytes / bytesPerRow))
    if (count > 0) {
      await admin.query(INSERT, [count])
      rows += count
      rowsKept += count
    }
    if (rowsKept > ROWS_KEPT) {
      await admin.query('TRUNCATE events')
      rowsKept = 0
    }
    // The only rejection is the end of the demo.
    await clock.sleep(TICK_MS, signal).catch(() => undefined)
  }
}

/** A row of about a thousand bytes. */
const INSERT = `INSERT INTO events (payload) SELECT repeat(md5(n::text), 31) FROM generate_series(1, $1::int) AS n`

async function writtenBytes(admin: AdminConnection): Promise<number> {
  const [row] = await admin.query(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes`)
  return Number(row?.['bytes'])
}

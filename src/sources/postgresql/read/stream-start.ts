import type { Clock } from '../../../model/clock.ts'
import type { Position } from '../../../model/position.ts'
import { text } from '../../connect/text-row.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { ReplicationStream } from './replication.ts'

/**
 * Hands the connection over to a stream from `from` on, which is still to begin. `raw`: with all text as it lies in the database; `binary`: with values in the
 * server's binary form, where their types have one.
 */
export async function startStream(
  replication: PostgresConnection,
  config: PostgresqlConfig,
  about: {
    readonly from: Position
    /** What is acknowledged already; absent: `from`. */
    readonly acknowledged?: Position
    readonly raw: boolean
    readonly binary?: boolean
    readonly clock: Clock
    readonly signal: AbortSignal
  },
): Promise<ReplicationStream> {
  const { slot, publication, heartbeat } = config
  const { from, acknowledged = from, raw, binary = false, clock, signal } = about
  const [row] = await replication.query(
    "SELECT setting, current_setting('server_encoding') AS encoding FROM pg_settings WHERE name = 'wal_sender_timeout'",
    [],
    { signal },
  )
  // Such a database knows no conversion: what is not UTF-8 the server would refuse, where we can name it.
  if (raw || row?.['encoding'] === 'SQL_ASCII') {
    await replication.query("SET client_encoding = 'SQL_ASCII'", [], { signal })
  }
  const walSenderTimeoutMs = row === undefined ? 0 : Number(text(row, 'setting'))
  const messages = heartbeat.source.mode === 'message'
  const start = { slot, publication, from, acknowledged, walSenderTimeoutMs, messages, binary }
  return new ReplicationStream(replication.release(), replication.target, start, clock)
}

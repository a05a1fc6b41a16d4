import type { Clock } from '../../../model/clock.ts'
import type { Position } from '../../../model/position.ts'
import { text } from '../../connect/text-row.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { ReplicationStream } from './replication.ts'

/**
 * Hands the connection over to a stream from `from` on. The caller still has to call `begin`. `raw`: text is sent unconverted, in the
 * database's encoding. `binary`: values are sent in the server's binary form, if their types have one.
 */
export async function startStream(
  replication: PostgresConnection,
  config: PostgresqlConfig,
  about: {
    readonly from: Position
    /** What is already acknowledged; absent: `from`. */
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
  // The server converts nothing from SQL_ASCII. With UTF8 it would refuse text that is not UTF-8; if it sends the bytes, we can report
  // which text it is.
  if (raw || row?.['encoding'] === 'SQL_ASCII') {
    await replication.query("SET client_encoding = 'SQL_ASCII'", [], { signal })
  }
  const walSenderTimeoutMs = row === undefined ? 0 : Number(text(row, 'setting'))
  const messages = heartbeat.source.mode === 'message'
  const start = { slot, publication, from, acknowledged, walSenderTimeoutMs, messages, binary }
  return new ReplicationStream(replication.release(), replication.target, start, clock)
}

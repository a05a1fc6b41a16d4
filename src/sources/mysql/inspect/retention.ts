import { OffbeatError } from '../../../model/error.ts'
import type { MysqlConnection } from '../connect/connection.ts'

/** The setting of RDS and Aurora. */
export const SERVICE_RETENTION = 'binlog retention hours'

const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How long and how much the server keeps of its log, and how much it has written. */
export interface Retention {
  /** The setting that limits the age of a file. */
  readonly name: string
  /** `Infinity`: files are not purged by age. */
  readonly keepsMs: number
  /** The limit for all files together, in MariaDB 11.4 and later. null: no limit. */
  readonly totalBytes: number | null
  /** MariaDB 11.4 and later purge by these limits only while this many replicas are connected. 0: always. */
  readonly neededReplicas: number
  /** Bytes written since the server started. null: the user lacks the privilege to read the counter. */
  readonly writtenBytes: bigint | null
}

/** Selected by name: a setting that a version does not have is simply missing from the result. */
const SETTINGS = [
  'binlog_expire_logs_seconds',
  'expire_logs_days',
  'binlog_expire_logs_auto_purge',
  'max_binlog_total_size',
  'slave_connections_needed_for_purge',
]

export async function readRetention(connection: MysqlConnection, signal: AbortSignal): Promise<Retention> {
  const names = SETTINGS.map((name) => `'${name}'`).join(', ')
  const rows = await connection.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`, [], { signal })
  const settings = new Map(rows.map((row) => [row['Variable_name'] ?? '', row['Value'] ?? '']))
  const total = Number(settings.get('max_binlog_total_size') ?? 0)
  return {
    ...((await serviceRetention(connection, signal)) ?? expiry(settings)),
    totalBytes: total > 0 ? total : null,
    neededReplicas: Number(settings.get('slave_connections_needed_for_purge') ?? 0),
    writtenBytes: await writtenBytes(connection, signal),
  }
}

/** Whether the server purges its log before the disk is full. */
export function isBounded({ keepsMs, totalBytes }: Retention): boolean {
  return keepsMs !== Number.POSITIVE_INFINITY || totalBytes !== null
}

type Expiry = Pick<Retention, 'name' | 'keepsMs'>

function expiry(settings: ReadonlyMap<string, string>): Expiry {
  const seconds = Number(settings.get('binlog_expire_logs_seconds') ?? 0)
  const days = Number(settings.get('expire_logs_days') ?? 0)
  if (settings.get('binlog_expire_logs_auto_purge') === 'OFF')
    return { name: 'binlog_expire_logs_auto_purge', keepsMs: Number.POSITIVE_INFINITY }
  if (seconds === 0 && days > 0) return { name: 'expire_logs_days', keepsMs: days * DAY_MS }
  const name = settings.has('binlog_expire_logs_seconds') ? 'binlog_expire_logs_seconds' : 'expire_logs_days'
  return { name, keepsMs: seconds > 0 ? seconds * SECOND_MS : Number.POSITIVE_INFINITY }
}

/**
 * RDS and Aurora purge by a setting of their own, whatever the server's variables say. If it has no value, they purge a file as soon as no
 * replica of the service needs it. The table `mysql.rds_configuration` exists only there.
 */
async function serviceRetention(connection: MysqlConnection, signal: AbortSignal): Promise<Expiry | null> {
  const sql = `SELECT value FROM mysql.rds_configuration WHERE name = '${SERVICE_RETENTION}'`
  const rows = await unlessRefused(connection.query(sql, [], { signal }))
  const [row] = rows ?? []
  if (row === undefined) return null
  return { name: SERVICE_RETENTION, keepsMs: Number(row['value'] ?? 0) * HOUR_MS }
}

async function writtenBytes(connection: MysqlConnection, signal: AbortSignal): Promise<bigint | null> {
  const sql =
    connection.version.product === 'mysql'
      ? "SELECT SUM_NUMBER_OF_BYTES_WRITE AS bytes FROM performance_schema.file_summary_by_event_name WHERE EVENT_NAME = 'wait/io/file/sql/binlog'"
      : "SELECT VARIABLE_VALUE AS bytes FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'BINLOG_BYTES_WRITTEN'"
  const rows = await unlessRefused(connection.query(sql, [], { signal }))
  const bytes = rows?.[0]?.['bytes'] ?? null
  return bytes === null ? null : BigInt(bytes)
}

/** The table does not exist, or we lack the privilege to read it. The server does not tell an unprivileged user which of the two it is. */
const REFUSED: readonly unknown[] = [1049, 1142, 1146]

async function unlessRefused<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof OffbeatError && REFUSED.includes(error.details['number'])) return null
    throw error
  }
}

import type { MysqlKind } from '../config.ts'

const NANOSECONDS_PER_MS = 1_000_000
/** The server ends a dump if the reader takes nothing for this long. It is large because a sink can be blocked for an hour. */
const WRITE_TIMEOUT_S = 3600

export interface DumpSettings {
  readonly kind: MysqlKind
  /** How often the server must report its position while nothing is written. */
  readonly heartbeatMs: number
  /** MariaDB: the last GTID of each domain that was read. null: start by file and position. */
  readonly connectState: string | null
  /** MySQL: identifies the reader. */
  readonly uuid?: string
}

/**
 * The session variables, known from replication, that must be set before the log is requested. The old names (`master`) are the only ones
 * in MariaDB and in MySQL before 8.0.26. Returns the statements with their values.
 */
export function dumpStatements({ kind, heartbeatMs, connectState, uuid }: DumpSettings): readonly DumpStatement[] {
  const names = kind === 'mysql' ? ['source', 'master'] : ['master']
  const period = Math.round(heartbeatMs * NANOSECONDS_PER_MS)
  return [
    { sql: `SET SESSION net_write_timeout = ${WRITE_TIMEOUT_S}`, values: [] },
    // Without this variable the server refuses to send a log that has checksums.
    ...names.map((name) => ({ sql: `SET @${name}_binlog_checksum = @@GLOBAL.binlog_checksum`, values: [] })),
    ...names.map((name) => ({ sql: `SET @${name}_heartbeat_period = ${period}`, values: [] })),
    ...(kind === 'mariadb' ? mariadbStatements(connectState) : uuidStatements(uuid)),
  ]
}

interface DumpStatement {
  readonly sql: string
  readonly values: readonly string[]
}

function uuidStatements(uuid: string | undefined): readonly DumpStatement[] {
  if (uuid === undefined) return []
  return ['replica', 'slave'].map((name) => ({ sql: `SET @${name}_uuid = ?`, values: [uuid] }))
}

/**
 * Capability 4: this reader understands GTID events. Strict mode: the server refuses a GTID that is not in its log instead of choosing a
 * position.
 */
function mariadbStatements(connectState: string | null): readonly DumpStatement[] {
  return [
    { sql: 'SET @mariadb_slave_capability = 4', values: [] },
    ...(connectState === null
      ? []
      : [
          { sql: 'SET @slave_connect_state = ?', values: [connectState] },
          { sql: 'SET @slave_gtid_strict_mode = 1', values: [] },
          { sql: 'SET @slave_gtid_ignore_duplicates = 0', values: [] },
        ]),
  ]
}

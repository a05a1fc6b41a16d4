import type { MysqlKind } from '../config.ts'

const NANOSECONDS_PER_MS = 1_000_000
/** The server gives up a dump whose reader takes nothing for so long: a sink can stand still for an hour. */
const WRITE_TIMEOUT_S = 3600

export interface DumpSettings {
  readonly kind: MysqlKind
  /** How often the server is to say where it is while nothing is written. */
  readonly heartbeatMs: number
  /** MariaDB: the last id of each domain that was read; null: by file and position. */
  readonly connectState: string | null
}

/**
 * What the server is told before the log is asked for, in variables that it knows from its replicas. The old names (`master`) are the only
 * ones of MariaDB and of MySQL before 8.0.26. Statements with their values.
 */
export function dumpStatements({ kind, heartbeatMs, connectState }: DumpSettings): readonly DumpStatement[] {
  const names = kind === 'mysql' ? ['source', 'master'] : ['master']
  const period = Math.round(heartbeatMs * NANOSECONDS_PER_MS)
  return [
    { sql: `SET SESSION net_write_timeout = ${WRITE_TIMEOUT_S}`, values: [] },
    // Without it the server refuses logs that have checksums.
    ...names.map((name) => ({ sql: `SET @${name}_binlog_checksum = @@GLOBAL.binlog_checksum`, values: [] })),
    ...names.map((name) => ({ sql: `SET @${name}_heartbeat_period = ${period}`, values: [] })),
    ...(kind === 'mariadb' ? mariadbStatements(connectState) : []),
  ]
}

interface DumpStatement {
  readonly sql: string
  readonly values: readonly string[]
}

/** Capability 4: this reader knows the events of GTIDs. Strict: an id that is not in the log is refused, not guessed. */
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

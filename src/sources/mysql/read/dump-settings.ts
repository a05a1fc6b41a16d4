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
 * Sets the session variables, known from replication, that must be set before the log is requested. The old names (`master`) are the only
 * ones in MariaDB and in MySQL before 8.0.26. One statement for all of them: each costs a round trip.
 */
export function dumpStatement({ kind, heartbeatMs, connectState, uuid }: DumpSettings): DumpStatement {
  const names = kind === 'mysql' ? ['source', 'master'] : ['master']
  const period = Math.round(heartbeatMs * NANOSECONDS_PER_MS)
  const assignments: readonly Assignment[] = [
    { sql: `SESSION net_write_timeout = ${WRITE_TIMEOUT_S}` },
    // Without this variable the server refuses to send a log that has checksums.
    ...names.map((name) => ({ sql: `@${name}_binlog_checksum = @@GLOBAL.binlog_checksum` })),
    ...names.map((name) => ({ sql: `@${name}_heartbeat_period = ${period}` })),
    ...(kind === 'mariadb' ? mariadbAssignments(connectState) : uuidAssignments(uuid)),
  ]
  return {
    sql: `SET ${assignments.map(({ sql }) => sql).join(', ')}`,
    values: assignments.flatMap(({ value }) => value ?? []),
  }
}

interface DumpStatement {
  readonly sql: string
  readonly values: readonly string[]
}

interface Assignment {
  readonly sql: string
  /** What replaces the `?` in it. */
  readonly value?: string
}

function uuidAssignments(uuid: string | undefined): readonly Assignment[] {
  if (uuid === undefined) return []
  return ['replica', 'slave'].map((name) => ({ sql: `@${name}_uuid = ?`, value: uuid }))
}

/**
 * Capability 4: this reader understands GTID events. Strict mode: the server refuses a GTID that is not in its log instead of choosing a
 * position.
 */
function mariadbAssignments(connectState: string | null): readonly Assignment[] {
  return [
    { sql: '@mariadb_slave_capability = 4' },
    ...(connectState === null
      ? []
      : [
          { sql: '@slave_connect_state = ?', value: connectState },
          { sql: '@slave_gtid_strict_mode = 1' },
          { sql: '@slave_gtid_ignore_duplicates = 0' },
        ]),
  ]
}

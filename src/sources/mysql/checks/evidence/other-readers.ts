import { text } from '../../../connect/text-row.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { atLeast } from '../../connect/server-version.ts'

/** Who else reads the log, as far as it is visible. */
export interface LogReaders {
  /** The server ids of replicas. A reader of the log that is no replica, such as Offbeat, does not register. */
  readonly replicaIds: readonly number[]
  /** The sessions of our own user that read the log and report our connector's name. null: the server does not show it. */
  readonly namesakes: number | null
}

/** Needs REPLICATION SLAVE in MySQL and REPLICATION MASTER ADMIN in MariaDB. `program`: the name that our reader reports. */
export async function readLogReaders(
  connection: MysqlConnection,
  program: string,
  signal: AbortSignal,
): Promise<LogReaders> {
  const { version } = connection
  const isNew = version.product === 'mysql' && atLeast(version, [8, 0, 22])
  const replicas = await connection.query(isNew ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS', [], { signal })
  const replicaIds = replicas.map((row) => Number(row['Server_Id'] ?? row['Server_id'] ?? 0))
  // MariaDB has its performance schema off by default.
  if (version.product === 'mariadb') return { replicaIds, namesakes: null }
  const [row = {}] = await connection.query(
    `SELECT COUNT(*) AS sessions FROM performance_schema.session_account_connect_attrs a
     JOIN information_schema.PROCESSLIST p ON p.ID = a.PROCESSLIST_ID
     WHERE a.ATTR_NAME = 'program_name' AND a.ATTR_VALUE = ? AND p.COMMAND LIKE 'Binlog Dump%'`,
    [program],
    { signal },
  )
  return { replicaIds, namesakes: Number(text(row, 'sessions')) }
}

import { text } from '../../../connect/text-row.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { atLeast } from '../../connect/server-version.ts'
import { registeredName } from '../../read/dump-command.ts'

/** Who else reads the log, as far as it is visible. */
export interface LogReaders {
  /** The server ids of the registered readers that do not have our connector's name. */
  readonly replicaIds: readonly number[]
  /** The readers of the log that have our connector's name. Two with the same server id are registered as one. */
  readonly namesakes: number
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
  const registered = registeredName(program)
  const others = replicas.filter((row) => text(row, 'Host') !== registered)
  const replicaIds = others.map((row) => Number(row['Server_Id'] ?? row['Server_id'] ?? 0))
  const namesakes = replicas.length - others.length
  // MariaDB has its performance schema off by default.
  if (version.product === 'mariadb') return { replicaIds, namesakes }
  const [row = {}] = await connection.query(
    `SELECT COUNT(*) AS sessions FROM performance_schema.session_account_connect_attrs a
     JOIN information_schema.PROCESSLIST p ON p.ID = a.PROCESSLIST_ID
     WHERE a.ATTR_NAME = 'program_name' AND a.ATTR_VALUE = ? AND p.COMMAND LIKE 'Binlog Dump%'`,
    [program],
    { signal },
  )
  return { replicaIds, namesakes: Math.max(namesakes, Number(text(row, 'sessions'))) }
}

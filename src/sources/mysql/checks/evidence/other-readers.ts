import { type TextRow, text } from '../../../connect/text-row.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { atLeast } from '../../connect/server-version.ts'
import { registeredName } from '../../read/dump-command.ts'

/** Who else reads the log, as far as it is visible. */
export interface LogReaders {
  /** The server ids of the registered readers that do not have our connector's name. */
  readonly replicaIds: readonly number[]
  /** The registered readers that have our connector's name and its server id. Two of those are registered as one. */
  readonly namesakes: number
}

/** Needs REPLICATION SLAVE in MySQL and REPLICATION MASTER ADMIN in MariaDB. `reader`: the name that our reader reports, and its id. */
export async function readLogReaders(
  connection: MysqlConnection,
  reader: { readonly name: string; readonly serverId: number },
  signal: AbortSignal,
): Promise<LogReaders> {
  const { version } = connection
  const isNew = version.product === 'mysql' && atLeast(version, [8, 0, 22])
  const replicas = await connection.query(isNew ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS', [], { signal })
  const registered = registeredName(reader.name)
  const named = replicas.filter((row) => text(row, 'Host') === registered)
  const others = replicas.filter((row) => !named.includes(row))
  return { replicaIds: others.map(idOf), namesakes: named.filter((row) => idOf(row) === reader.serverId).length }
}

function idOf(row: TextRow): number {
  return Number(row['Server_Id'] ?? row['Server_id'] ?? 0)
}

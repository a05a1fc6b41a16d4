import type { TextRow } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { isDenied } from '../errors/denied.ts'
import { replicationStatus } from '../inspect/replica.ts'

/** Whether clients can write to a server. */
export interface ServerWriting {
  /** The settings that forbid it, e.g. `read_only = ON`. MariaDB 12 has more values than OFF and ON. */
  readonly readOnly: readonly string[]
  /** It follows another server, or would if its replication were started. A promoted server that only kept the settings does not. */
  readonly isReplica: boolean
}

export async function readServerWriting(connection: MysqlConnection, signal: AbortSignal): Promise<ServerWriting> {
  const rows = await connection.query(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only')`,
    [],
    { signal },
  )
  const readOnly = rows
    .filter(({ Value }) => Value !== 'OFF')
    .map((row) => `${row['Variable_name'] ?? ''} = ${row['Value'] ?? ''}`)
  return { readOnly, isReplica: follows(await channelsOf(connection, signal), readOnly) }
}

function follows(channels: readonly TextRow[] | null, readOnly: readonly string[]): boolean {
  // Without the privilege to see it, a server that clients cannot write to is most likely a replica.
  if (channels === null) return readOnly.length > 0
  // A reader of Aurora replicates below the server.
  if (channels.length === 0) return readOnly.includes('innodb_read_only = ON')
  return readOnly.length > 0 || channels.some(isRunning)
}

function isRunning(row: TextRow): boolean {
  const states = ['Replica_IO_Running', 'Replica_SQL_Running', 'Slave_IO_Running', 'Slave_SQL_Running']
  return states.some((name) => (row[name] ?? 'No') !== 'No')
}

/** null: we lack the privilege. */
async function channelsOf(connection: MysqlConnection, signal: AbortSignal): Promise<readonly TextRow[] | null> {
  try {
    return await replicationStatus(connection, signal)
  } catch (error) {
    if (isDenied(error)) return null
    throw error
  }
}

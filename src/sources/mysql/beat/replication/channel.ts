import { numberOf, type TextRow } from '../../../connect/text-row.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { replicationStatus } from '../../inspect/replica.ts'
import type { TableFilters } from './table-filter.ts'

/** A connection over which the server replicates from another one. */
export interface Channel {
  /** '' is the default one. */
  readonly name: string
  readonly receives: Thread
  readonly applies: Thread
  /** null: unknown, because a thread is stopped. */
  readonly behindMs: number | null
  /** How long the changes are delayed on purpose. */
  readonly delayMs: number
  readonly filters: TableFilters
}

interface Thread {
  /** `starting`: it tries to connect to its source. */
  readonly state: 'running' | 'starting' | 'stopped'
  /** The number of the error that stopped it. null: none. Its text can contain values of rows. */
  readonly error: number | null
}

/** Empty: the server is no replica. Needs REPLICATION CLIENT in MySQL and SLAVE MONITOR in MariaDB. */
export async function readChannels(connection: MysqlConnection, signal: AbortSignal): Promise<readonly Channel[]> {
  return (await replicationStatus(connection, signal)).map(channelOf)
}

function channelOf(row: TextRow): Channel {
  const behindS = numberOf(row, 'Seconds_Behind_Source') ?? numberOf(row, 'Seconds_Behind_Master')
  return {
    name: row['Channel_Name'] ?? row['Connection_name'] ?? '',
    receives: threadOf(row, 'IO'),
    applies: threadOf(row, 'SQL'),
    behindMs: behindS === null ? null : behindS * 1000,
    delayMs: (numberOf(row, 'SQL_Delay') ?? 0) * 1000,
    filters: {
      doDatabases: listOf(row, 'Replicate_Do_DB'),
      ignoreDatabases: listOf(row, 'Replicate_Ignore_DB'),
      doTables: listOf(row, 'Replicate_Do_Table'),
      ignoreTables: listOf(row, 'Replicate_Ignore_Table'),
      wildDoTables: listOf(row, 'Replicate_Wild_Do_Table'),
      wildIgnoreTables: listOf(row, 'Replicate_Wild_Ignore_Table'),
    },
  }
}

function threadOf(row: TextRow, thread: 'IO' | 'SQL'): Thread {
  const running = row[`Replica_${thread}_Running`] ?? row[`Slave_${thread}_Running`]
  const error = numberOf(row, `Last_${thread}_Errno`)
  const state = running === 'Yes' ? 'running' : 'starting'
  return { state: running === 'No' ? 'stopped' : state, error: error === 0 ? null : error }
}

export function listOf(row: TextRow, column: string): readonly string[] {
  return (row[column] ?? '').split(',').filter((name) => name !== '')
}

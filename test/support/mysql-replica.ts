import type { MysqlSettings } from '../../src/local-server/mysql/mysql-settings.ts'
import { type MysqlServer, startMysql } from './mysql.ts'
import type { MysqlVersion } from './mysql-versions.ts'
import { waitFor } from './wait-for.ts'

export interface MysqlReplica extends MysqlServer {
  /** Resolves when the replica has applied all that `primary` has committed up to now. */
  catchUp(): Promise<void>
  /** Applies all that the primary has committed, stops the replication and lets clients write. */
  promote(): Promise<void>
  /** The same if the primary is dead: all that was received from it is applied. */
  takeOver(): Promise<void>
}

/**
 * Starts a replica of `primary`. The primary must be a server that belongs to the test and still has all its binlogs; it can be a replica
 * itself. The replica uses GTIDs, writes what it applies to its own binlog, and is read-only.
 */
export async function startMysqlReplica(
  primary: MysqlServer,
  { version, settings = {} }: { readonly version: MysqlVersion; readonly settings?: MysqlSettings },
): Promise<MysqlReplica> {
  const server = await startMysql({ version, settings: { ...readOnly(primary), ...settings } })
  const dialect = DIALECTS[primary.product]
  try {
    for (const sql of dialect.follow(primary)) await server.query('', sql)
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return {
    ...server,
    catchUp: () => caughtUp(primary, server),
    async promote() {
      await caughtUp(primary, server)
      for (const sql of dialect.promote) await server.query('', sql)
    },
    async takeOver() {
      await server.query('', dialect.receiveNoMore)
      const [received] = await server.query('', dialect.received)
      await appliedBy(server, String(received?.['position'] ?? received?.['Gtid_IO_Pos']))
      for (const sql of dialect.promote) await server.query('', sql)
    },
  }
}

function readOnly({ product }: MysqlServer): MysqlSettings {
  return product === 'mysql' ? { super_read_only: 'ON' } : { read_only: 'ON' }
}

interface Dialect {
  follow(primary: MysqlServer): readonly string[]
  readonly promote: readonly string[]
  /** A query for what the server has committed. */
  readonly position: string
  readonly receiveNoMore: string
  /** A query for what a replica has received. */
  readonly received: string
  /** A query for whether a replica has applied what the parameter contains. */
  readonly applied: string
}

const DIALECTS: Readonly<Record<MysqlServer['product'], Dialect>> = {
  mysql: {
    follow: ({ host, port, user, password }) => [
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host}', SOURCE_PORT = ${port}, SOURCE_USER = '${user}',
        SOURCE_PASSWORD = '${password}', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1`,
      'START REPLICA',
    ],
    promote: ['STOP REPLICA', 'RESET REPLICA ALL', 'SET GLOBAL super_read_only = OFF', 'SET GLOBAL read_only = OFF'],
    position: 'SELECT @@GLOBAL.gtid_executed AS position',
    receiveNoMore: 'STOP REPLICA IO_THREAD',
    received: 'SELECT RECEIVED_TRANSACTION_SET AS position FROM performance_schema.replication_connection_status',
    applied: 'SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed) AS done',
  },
  mariadb: {
    follow: ({ host, port, user, password }) => [
      `CHANGE MASTER TO MASTER_HOST = '${host}', MASTER_PORT = ${port}, MASTER_USER = '${user}',
        MASTER_PASSWORD = '${password}', MASTER_SSL_VERIFY_SERVER_CERT = 0, MASTER_USE_GTID = slave_pos,
        MASTER_CONNECT_RETRY = 1`,
      'START SLAVE',
    ],
    promote: ['STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = OFF'],
    position: 'SELECT @@GLOBAL.gtid_binlog_pos AS position',
    receiveNoMore: 'STOP SLAVE IO_THREAD',
    received: 'SHOW SLAVE STATUS',
    applied: 'SELECT MASTER_GTID_WAIT(?, 0) = 0 AS done',
  },
}

async function caughtUp(primary: MysqlServer, replica: MysqlServer): Promise<void> {
  const [written] = await primary.query('', DIALECTS[primary.product].position)
  await appliedBy(replica, String(written?.['position']))
}

async function appliedBy(replica: MysqlServer, position: string): Promise<void> {
  const { applied } = DIALECTS[replica.product]
  await waitFor({ until: 'the replica has applied everything' }, async () => {
    const [row] = await replica.query('', applied, [position])
    return row?.['done'] === 1
  })
}

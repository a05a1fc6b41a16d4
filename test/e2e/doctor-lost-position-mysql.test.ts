import { randomInt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { backUpData, restoreData } from '../support/data-folder.ts'
import { deliverOrder, expectWayOut, type LostPosition } from '../support/lost-position.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { type MysqlShop, openMysqlShop } from '../support/mysql-shop.ts'
import { BOTH_PRODUCTS, type MysqlVersion, mysqlServerKind } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

async function purge({ server, sql }: MysqlShop): Promise<void> {
  await sql("INSERT INTO orders VALUES (90, 'not read'); FLUSH BINARY LOGS")
  const [last] = (await server.query('', 'SHOW BINARY LOGS')).slice(-1)
  // A reader that has just ended can still have a file open.
  await waitFor({ until: 'the older files are purged' }, async () => {
    await server.query('', `PURGE BINARY LOGS TO '${String(last?.['Log_name'])}'`)
    return (await server.query('', 'SHOW BINARY LOGS')).length === 1
  })
}

/** Shutting MySQL down takes it ten seconds. Killed, it recovers what was committed when it starts. */
function killed(server: MysqlServer) {
  return { ...server, stop: () => server.kill() }
}

/** The same address, accounts and tables, and nothing else of the first server. */
async function putInItsPlace(shop: MysqlShop, version: MysqlVersion): Promise<void> {
  const { server, database, user } = shop
  await using other = await startMysql({ version })
  const { heartbeat } = shop
  const double = await openMysqlShop(other, { database, user, heartbeat })
  expect((await double.setup('--apply')).code).toBe(0)
  await other.query('', `ALTER USER ${server.user}@'%' IDENTIFIED BY '${server.password}'`)
  await other.kill()
  server.configure({ server_id: String(randomInt(1, 2 ** 31)) })
  await restoreData(killed(server), other.dataDir)
  double.folder[Symbol.dispose]()
}

const lostPositions = (version: MysqlVersion): readonly LostPosition<MysqlShop>[] => [
  {
    code: 'MYSQL_LOG_PURGED',
    how: 'files are purged that were not read',
    lose: purge,
    evidence: /purged and not read: [0-9a-f-]{36}:\d|the oldest file begins after 0-\d+-\d+/,
  },
  {
    code: 'MYSQL_LOG_RESET',
    how: 'the log is reset under the offset',
    lose: ({ server, sql }) => sql(server.product === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER'),
    evidence: /gtid_executed is without|gtid_binlog_(?:pos|state)/,
  },
  {
    code: 'MYSQL_LOG_RESET',
    how: 'the server is put back to a backup',
    lose: async (shop) => {
      const backup = await backUpData(killed(shop.server))
      await deliverOrder(shop)
      await restoreData(killed(shop.server), backup)
    },
    evidence: /gtid_executed is without|gtid_binlog_pos ends the domain 0 at|gtid_binlog_state/,
  },
  {
    code: 'DATABASE_OTHER_SERVER',
    how: 'another server answers at the same address',
    lose: (shop) => putInItsPlace(shop, version),
    evidence: /gtid_executed is without|gtid_binlog_|server_id/,
  },
]

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  describe.skipIf(mysqlMissing(version) !== null)(`a lost position on ${version}`, () => {
    test.each(lostPositions(version))(
      '$code: $how; doctor, run and status have the evidence, and the printed commands continue the stream',
      async (lost) => {
        await using server: MysqlServer = await startMysql({ version })
        await using shop = await openMysqlShop(server)
        expect((await shop.setup('--apply')).code).toBe(0)
        await expectWayOut(shop, `${product}.position`, lost)
      },
    )
  })
}

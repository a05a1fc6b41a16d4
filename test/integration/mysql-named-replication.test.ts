import { expect, test } from 'vitest'
import { examinedMysql, examineNow, runPrinted } from '../support/broken-mysql.ts'
import { found } from '../support/broken-server.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { watchedMysql } from '../support/mysql-watched.ts'
import { waitFor } from '../support/wait-for.ts'

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  const isMysql = product === 'mysql'

  test.skipIf(mysqlMissing(version) !== null)(
    `${version}: a replica of several sources: what is printed names the channel, and says that it is for the replica`,
    async () => {
      await using primary = await startMysql({ version })
      const database = await watchedMysql(primary)
      if (!isMysql) await database.query(`GRANT SLAVE MONITOR ON *.* TO '${database.user}'@'%'`)
      await using replica = await startMysql({ version, settings: { read_only: 'ON' } })
      const { host, port, user, password } = primary
      const [follow, start, filter, stop] = isMysql
        ? [
            `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host}', SOURCE_PORT = ${port}, SOURCE_USER = '${user}',
              SOURCE_PASSWORD = '${password}', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1 FOR CHANNEL 'ea st'`,
            "START REPLICA FOR CHANNEL 'ea st'",
            `CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE = ('${database.name}.it%') FOR CHANNEL 'ea st'`,
            "STOP REPLICA FOR CHANNEL 'ea st'",
          ]
        : [
            `CHANGE MASTER 'ea st' TO MASTER_HOST = '${host}', MASTER_PORT = ${port}, MASTER_USER = '${user}',
              MASTER_PASSWORD = '${password}', MASTER_USE_GTID = slave_pos`,
            "START SLAVE 'ea st'",
            `SET GLOBAL \`ea st\`.replicate_wild_ignore_table = '${database.name}.it%'`,
            "STOP SLAVE 'ea st'",
          ]
      for (const statement of [follow, start]) await replica.query('', statement)
      const entry = {
        ...database.entry,
        url: replica.url('').replace(/\/\/.*@/u, `//${database.user}:${database.password}@`),
      }
      const examined = examinedMysql({ ...database, server: replica, entry })
      const check = async (id: string) => found(await examineNow(examined), `${product}.${id}`)
      const isWell = (id: string) =>
        waitFor({ until: `${id} is well` }, async () => {
          const findings = await examineNow(examined).catch(() => [])
          return findings.find((finding) => finding.id === `${product}.${id}`)?.status === 'ok'
        })
      await isWell('replication')
      for (const statement of [stop, filter, start]) await replica.query('', statement)
      const filtered = await check('replication-filters')
      expect(filtered).toMatchObject({
        code: 'MYSQL_REPLICATION_FILTERED',
        found: expect.stringMatching(/^the replication channel ea st: the replica neither applies nor logs /u),
      })
      const statements = filtered.fix.filter((fix) => fix.in === 'database')
      expect(statements.map(({ note }) => note)).toEqual(statements.map(() => 'on the replica'))
      expect(await runPrinted(filtered, replica)).not.toEqual([])
      await isWell('replication-filters')
      await replica.query('', stop)
      const stopped = await check('replication')
      expect(stopped).toMatchObject({
        code: 'MYSQL_REPLICA_STOPPED',
        fix: [{ text: start, note: 'on the replica' }],
      })
      await runPrinted(stopped, replica)
      await isWell('replication')
    },
  )
}

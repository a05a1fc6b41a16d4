import { describe, expect, test } from 'vitest'
import type { Fix } from '../../src/model/fix.ts'
import type { BrokenHop } from '../../src/model/source-status.ts'
import type { MysqlConfig } from '../../src/sources/mysql/config.ts'
import { quoteAccount, quoteName } from '../../src/sources/mysql/connect/quoting.ts'
import { MARIADB, MYSQL } from '../../src/sources/mysql/definition.ts'
import { Capture } from '../support/captured-tables.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { type WatchedMysql, watchedMysql } from '../support/mysql-watched.ts'
import { waitFor } from '../support/wait-for.ts'

/** A source that writes nothing, and whose event is to run once a second. */
function byEvent(database: WatchedMysql, more: Readonly<Record<string, unknown>> = {}): MysqlConfig {
  const { server, user, password, name, heartbeatTable } = database
  const [schema = ''] = heartbeatTable.split('.')
  return mysqlSource(server, {
    user,
    password,
    readOnly: true,
    tables: [`${name}.item`],
    heartbeat: { interval: '1s', source: { schema } },
    ...more,
  })
}

/** The privileges of a connector that writes nothing, and the first row. */
async function restrict({ query, heartbeatTable, user, server }: WatchedMysql): Promise<void> {
  const account = quoteAccount(user)
  await query(
    `REVOKE ALL PRIVILEGES ON ${heartbeatTable} FROM ${account}; GRANT SELECT ON ${heartbeatTable} TO ${account}`,
  )
  if (server.product === 'mariadb') await query(`GRANT SLAVE MONITOR ON *.* TO ${account}`)
  await query(`INSERT INTO ${heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
}

async function brokenHop(capture: Capture, words: string): Promise<BrokenHop> {
  return await waitFor({ until: words, everyMs: 200 }, async () => {
    const broken = (await capture.status())?.heartbeat.source.broken ?? null
    return broken?.found.includes(words) === true ? broken : null
  })
}

async function allIsWell(capture: Capture): Promise<void> {
  await waitFor({ until: 'all is well', everyMs: 200 }, async () => {
    const layer2 = (await capture.status())?.heartbeat.source
    return layer2?.seenAt != null && layer2.broken === null
  })
}

/** Runs the statements of the first list of fixes as an administrator. */
async function runPrinted(server: MysqlServer, fixes: readonly Fix[]): Promise<void> {
  const other = fixes.findIndex((fix) => fix.in === 'alternative')
  const list = fixes.slice(0, other === -1 ? fixes.length : other)
  const statements = list.flatMap((fix) => (fix.in === 'database' && fix.reads !== true ? [fix.text] : []))
  expect(statements, JSON.stringify(fixes)).not.toEqual([])
  for (const statement of statements) await server.query('', statement)
}

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)
  const definition = product === 'mysql' ? MYSQL : MARIADB

  test.skipIf(absent)(
    'promise 8: a silent event: the broken link is named with the statements that fix it, one after the other',
    async () => {
      await using server = await startMysql({ version, settings: { event_scheduler: 'OFF' } })
      await using database = await watchedMysql(server)
      await restrict(database)
      const { query, heartbeatTable, user } = database
      const event = heartbeatTable
      const config = byEvent(database)
      await using capture = new Capture({ definition, config })
      await capture.start()
      const broken = async (words: string): Promise<BrokenHop> => {
        const hop = await brokenHop(capture, words)
        expect(hop).toMatchObject({ code: 'PULSE_JOB_SILENT', hop: 'seen' })
        await runPrinted(server, hop.fix)
        return hop
      }
      await broken('SCHEDULER_OFF')
      await broken('without EVENT on the database')
      await broken('JOB_MISSING')
      await allIsWell(capture)

      const sickness: readonly (readonly [string, RegExp])[] = [
        [`ALTER DEFINER = ${quoteAccount(user)} EVENT ${event} DISABLE`, /is disabled \(JOB_DISABLED\)/],
        [`ALTER DEFINER = 'ghost'@'%' EVENT ${event} ENABLE`, /the last run of .*'ghost'@'%', failed: .*JOB_FAILING/],
        [`DELETE FROM ${heartbeatTable}`, /has no row with id 1/],
      ]
      for (const [make, words] of sickness) {
        await query(make)
        const hop = await waitFor({ until: words.source, everyMs: 200 }, async () => {
          const found = (await capture.status())?.heartbeat.source.broken ?? null
          return found !== null && words.test(found.found) ? found : null
        })
        await runPrinted(server, hop.fix)
        await allIsWell(capture)
      }
      const [state] = await query(
        `SELECT DEFINER AS definer FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '${config.heartbeat.source.schema}'`,
      )
      expect(state).toEqual({ definer: `${user}@%` })
    },
  )

  test.skipIf(absent)(
    'promise 8: a promotion leaves the event disabled: it is named, and what is printed enables it',
    async () => {
      await using primary = await startMysql({ version, settings: { event_scheduler: 'ON' } })
      await using database = await watchedMysql(primary)
      await restrict(database)
      const { query, heartbeatTable, user } = database
      await query(
        `GRANT UPDATE ON ${heartbeatTable} TO ${quoteAccount(user)};
       GRANT EVENT ON ${quoteName(heartbeatTable.split('.')[0] ?? '')}.* TO ${quoteAccount(user)};
       CREATE DEFINER = ${quoteAccount(user)} EVENT ${heartbeatTable} ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE
       DO UPDATE ${heartbeatTable} SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`,
      )
      await using replica = await startMysqlReplica(primary, { version, settings: { event_scheduler: 'ON' } })
      await replica.catchUp()
      const at = { host: replica.host, port: replica.port }
      const { host, port } = primary
      await using capture = new Capture({ definition, config: byEvent(database, { ...at, primary: { host, port } }) })
      await capture.start()
      await allIsWell(capture)

      await replica.promote()
      const hop = await brokenHop(capture, 'JOB_DISABLED')
      expect(hop).toMatchObject({ code: 'PULSE_JOB_SILENT', hop: 'seen' })
      expect(hop.found).toMatch(
        /SIDE_DISABLED: this server had it from its former primary, which has the server id \d+/,
      )
      await runPrinted(replica, hop.fix)
      await allIsWell(capture)
    },
  )
})

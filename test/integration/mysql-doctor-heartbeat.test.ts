import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckFinding } from '../../src/sources/check.ts'
import { lockGrants } from '../../src/sources/mysql/beat/heartbeat-lock.ts'
import { quoteAccount } from '../../src/sources/mysql/connect/quoting.ts'
import { parseVersion } from '../../src/sources/mysql/connect/server-version.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import {
  type ExaminedMysql,
  examinedMysql,
  examineNow,
  expectFixed,
  healthyMysql,
  type MysqlProblem,
  runPrinted,
} from '../support/broken-mysql.ts'
import { type Change, found } from '../support/broken-server.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { type WatchedMysql, watchedMysql } from '../support/mysql-watched.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

/** Runs statements on the heartbeat table and its event, which has the name of the table. */
const onBeat =
  (
    statement: (about: { readonly beat: string; readonly user: string; readonly name: string }) => string,
  ): Change<ExaminedMysql> =>
  async ({ database }) => {
    const { heartbeatTable: beat, user, name } = database
    await database.query(statement({ beat, user: quoteAccount(user), name }))
    return {}
  }

const whileRunning =
  (change: Change<ExaminedMysql>): Change<ExaminedMysql> =>
  async (examined) => {
    await change(examined)
    return { signs: { ...examined.signs, running: { sinceMs: 0 } } }
  }

/** What a running connector does. */
const beatOnce: Change<ExaminedMysql> = async ({ config }) => {
  await using probe = await openProbe(config, readingContext)
  await probe.beat?.('offbeat:shop:1', new AbortController().signal)
  return {}
}

const STALE = (beat: string) => `UPDATE ${beat} SET last_update = CURRENT_TIMESTAMP(6) - INTERVAL 3 HOUR`

const OF_THE_TABLE: readonly MysqlProblem[] = [
  { code: 'HEARTBEAT_TABLE_MISSING', id: 'heartbeat-table', cause: onBeat(({ beat }) => `DROP TABLE ${beat}`) },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    id: 'heartbeat-table',
    cause: onBeat(({ beat }) => `ALTER TABLE ${beat} DROP COLUMN text`),
  },
  { code: 'HEARTBEAT_ROW_MISSING', id: 'heartbeat-row', cause: onBeat(({ beat }) => `DELETE FROM ${beat}`) },
  {
    code: 'HEARTBEAT_DENIED',
    id: 'heartbeat-grants',
    cause: onBeat(({ beat, user }) => `REVOKE INSERT, UPDATE ON ${beat} FROM ${user}`),
  },
  {
    code: 'HEARTBEAT_READ_ONLY',
    id: 'heartbeat-writable',
    cause: onBeat(() => 'SET GLOBAL read_only = ON'),
    printed: ['SET GLOBAL read_only = OFF;'],
  },
  {
    code: 'HEARTBEAT_STILL',
    id: 'heartbeat-moves',
    cause: whileRunning(onBeat(({ beat }) => STALE(beat))),
    fixByHand: beatOnce,
  },
  {
    code: 'HEARTBEAT_SUPPRESSED',
    id: 'heartbeat-moves',
    cause: whileRunning(
      onBeat(
        ({ beat, user }) => `${STALE(beat)}; GRANT TRIGGER ON ${beat} TO ${user};
          CREATE TRIGGER ${beat.split('.')[0]}.still BEFORE UPDATE ON ${beat} FOR EACH ROW SET NEW.last_update = OLD.last_update`,
      ),
    ),
    fixByHand: beatOnce,
  },
]

const UPDATE = (beat: string) => `UPDATE ${beat} SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`
/** Changing an event makes the user who does it its definer. */
const alter = (change: (beat: string) => string) =>
  onBeat(({ beat, user }) => `ALTER DEFINER = ${user} EVENT ${beat} ${change(beat)}`)

const OF_THE_EVENT: readonly MysqlProblem[] = [
  { code: 'SCHEDULER_OFF', id: 'scheduler', cause: onBeat(() => 'SET GLOBAL event_scheduler = OFF') },
  { code: 'JOB_MISSING', id: 'job', cause: onBeat(({ beat }) => `DROP EVENT ${beat}`) },
  { code: 'JOB_DISABLED', id: 'job-active', cause: alter(() => 'DISABLE') },
  { code: 'JOB_DISABLED', id: 'job-active', cause: alter(() => 'DISABLE ON SLAVE') },
  {
    code: 'JOB_OTHER_DATABASE',
    id: 'job-database',
    cause: onBeat(
      ({ beat, user, name }) => `GRANT EVENT ON ${name}.* TO ${user}; DROP EVENT ${beat};
        CREATE DEFINER = ${user} EVENT ${name}.other ON SCHEDULE EVERY 1 SECOND DO ${UPDATE(beat.split('.')[1] ?? '')}`,
    ),
  },
  { code: 'JOB_SCHEDULE', id: 'job-schedule', cause: alter(() => 'ON SCHEDULE EVERY 1 HOUR') },
  { code: 'JOB_OTHER_ROW', id: 'job-row', cause: alter((beat) => `DO ${UPDATE(beat).replace('id = 1', 'id = 2')}`) },
  {
    code: 'JOB_FAILING',
    id: 'job-runs',
    cause: onBeat(({ beat, user }) => `REVOKE UPDATE ON ${beat} FROM ${user}`),
  },
]

/** An event of the connector's own user updates the row once a second. */
async function byEvent(database: WatchedMysql): Promise<ExaminedMysql> {
  const { heartbeatTable: beat, user, server, entry } = database
  const [schema = ''] = beat.split('.')
  const account = quoteAccount(user)
  await database.query(`GRANT EVENT ON ${schema}.* TO ${account};
    CREATE DEFINER = ${account} EVENT ${beat} ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE DO ${UPDATE(beat)}`)
  if (server.product === 'mariadb') await database.query(`GRANT SLAVE MONITOR ON *.* TO ${account}`)
  const heartbeat = { interval: '1s', source: { schema } }
  return await healthyMysql({ ...database, entry: { ...entry, readOnly: true, heartbeat } })
}

/** With an interval that is longer than any examination takes: a heartbeat must still count as fresh then. */
async function byTable(database: WatchedMysql): Promise<ExaminedMysql> {
  const { heartbeatTable, user, server, entry } = database
  // Without it, a server that is read-only is taken for a replica.
  if (server.product === 'mariadb') await database.query(`GRANT SLAVE MONITOR ON *.* TO ${quoteAccount(user)}`)
  const heartbeat = { interval: '10m', source: { schema: heartbeatTable.split('.')[0] } }
  return await healthyMysql({ ...database, entry: { ...entry, heartbeat } })
}

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  const ofKind = (problems: readonly MysqlProblem[]) =>
    problems.map((problem) => ({ ...problem, id: `${product}.${problem.id}` }))
  const check = async (examined: ExaminedMysql, id: string): Promise<CheckFinding> =>
    found(await examineNow(examined), `${product}.${id}`)

  describe.skipIf(mysqlMissing(version) !== null)(`what the doctor finds of heartbeats on ${version}`, () => {
    let server: MysqlServer
    beforeAll(async () => {
      server = await startMysql({ version, settings: { event_scheduler: 'ON' } })
    })
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
    })

    test.each(ofKind(OF_THE_TABLE))('the table: $code is fixed by what is printed', (problem) =>
      expectFixed(problem, server, byTable),
    )

    test.each(ofKind(OF_THE_EVENT))('the event: $code is fixed by what is printed', (problem) =>
      expectFixed(problem, server, byEvent),
    )

    test('HEARTBEAT_SLOW: who locks the row is named, once the user can see it, and ended by what is printed', async () => {
      const database = await watchedMysql(server)
      const healthy = await byTable(database)
      for (const { text } of lockGrants(parseVersion(`${server.version}-${product}`), {
        user: database.user,
        host: '%',
      }))
        await database.query(text)
      const broken = { ...healthy, ...(await whileRunning(onBeat(({ beat }) => STALE(beat)))(healthy)) }
      await using locking = await server.connect(database.name)
      await locking.query(`BEGIN; SELECT * FROM ${database.heartbeatTable} FOR UPDATE`)
      // MariaDB shows a lock only while another session waits for it.
      await using waiting = await server.connect(database.name)
      const updated = waiting.query(UPDATE(database.heartbeatTable))
      const code = async () => (await check(broken, 'heartbeat-moves')).code
      await waitFor({ until: 'the lock is seen' }, async () => (await code()) === 'HEARTBEAT_SLOW')
      const locked = await check(broken, 'heartbeat-moves')
      expect(await runPrinted(locked, server, /end the session/u)).toEqual([expect.stringMatching(/^KILL \d+;/u)])
      await updated
      await waitFor({ until: 'the row moves' }, async () => (await code()) === null)
    })

    test('JOB_NOT_RUNNING: an event that is to begin tomorrow; JOB_MISSING is not said of one that is hidden', async () => {
      const database = await watchedMysql(server)
      const examined = await byEvent(database)
      const runsUntil = (result: string) =>
        waitFor({ until: `the runs are ${result}` }, async () => {
          const { status, code } = await check(examined, 'job-runs')
          return result === (code ?? status)
        })
      const alterNow = (change: string) => alter(() => change)(examined)
      await runsUntil('ok')
      await alterNow('ON SCHEDULE EVERY 1 SECOND STARTS CURRENT_TIMESTAMP + INTERVAL 1 DAY')
      await runsUntil('JOB_NOT_RUNNING')
      expect(await runPrinted(await check(examined, 'job-runs'), server)).toEqual([
        expect.stringMatching(/^SELECT STATE FROM information_schema.PROCESSLIST/u),
      ])
      await alterNow('ON SCHEDULE EVERY 1 SECOND')
      await runsUntil('ok')

      const [schema = ''] = database.heartbeatTable.split('.')
      await database.query(`REVOKE EVENT ON ${schema}.* FROM '${database.user}'`)
      const hidden = await check(examined, 'job')
      expect(hidden).toMatchObject({ status: 'skip', code: null, expected: expect.stringMatching(/^GRANT EVENT ON/u) })
      await runPrinted(hidden, server)
      expect(await check(examined, 'job')).toMatchObject({ status: 'ok' })
    })
  })

  describe.skipIf(mysqlMissing(version) !== null)(`a primary and its replica of ${version}`, () => {
    test('PRIMARY_IS_STANDBY, PRIMARY_ELSEWHERE: where `primary` leads is checked', async () => {
      await using primary = await startMysql({ version, settings: { event_scheduler: 'ON' } })
      const database = await watchedMysql(primary)
      await byEvent(database)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      const [schema = ''] = database.heartbeatTable.split('.')
      const { user, password, name } = database
      const at = ({ port }: Pick<MysqlServer, 'port'>) => `${product}://${user}:${password}@${primary.host}:${port}`
      const reading = (read: MysqlServer, to: Pick<MysqlServer, 'port'> | null): ExaminedMysql => {
        const { url: _, ...entry } = database.entry
        const heartbeat = { interval: '1s', source: { schema } }
        const tables = [`${name}.item`]
        const more = to === null ? {} : { primary: { url: at(to) } }
        return examinedMysql({
          ...database,
          entry: { ...entry, tables, url: at(read), readOnly: true, heartbeat, ...more },
        })
      }
      const nowhere = await check(reading(replica, null), 'scheduler')
      expect(nowhere).toMatchObject({ status: 'skip', expected: expect.stringContaining('primary: { url:') })
      const standby = await check(reading(replica, replica), 'scheduler')
      expect(standby).toMatchObject({ status: 'fail', code: 'PRIMARY_IS_STANDBY' })
      expect(standby.fix).toMatchObject([{ in: 'file', text: expect.stringContaining('primary: { url:') }])
      expect(await check(reading(replica, primary), 'scheduler')).toMatchObject({ status: 'ok' })
      const elsewhere = await check(reading(primary, { port: 1 }), 'scheduler')
      expect(elsewhere).toMatchObject({ status: 'warn', code: 'PRIMARY_ELSEWHERE' })
      expect(elsewhere.fix).toMatchObject([{ text: expect.stringContaining('remove `primary`') }])
      expect(await check(reading(primary, null), 'scheduler')).toMatchObject({ status: 'ok' })
    })
  })
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MysqlSettings } from '../../src/local-server/mysql/mysql-settings.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { type MysqlReplica, startMysqlReplica } from '../support/mysql-replica.ts'
import { type MysqlShop, openMysqlShop } from '../support/mysql-shop.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { waitFor } from '../support/wait-for.ts'

/** As the servers come, where that differs from what a connector needs. */
const STOCK: Readonly<Record<'mysql' | 'mariadb', MysqlSettings>> = {
  mysql: { binlog_row_metadata: 'MINIMAL', event_scheduler: 'OFF' },
  mariadb: { binlog_format: 'MIXED', binlog_row_metadata: 'NO_LOG', event_scheduler: 'OFF' },
}

const VALUES = 'SELECT @@GLOBAL.binlog_format AS f, @@GLOBAL.binlog_row_metadata AS m, @@GLOBAL.event_scheduler AS s'

describe.each(EVERY_MYSQL)('offbeat setup of the server itself, %s', (version) => {
  const { product } = mysqlServerKind(version)
  const it = test.skipIf(mysqlMissing(version) !== null)

  it('the settings are changed while the server runs, and it is said how they survive its restart', async () => {
    await using server = await startMysql({ version, settings: STOCK[product] })
    await using shop = await openMysqlShop(server)
    const wanted = [{ f: 'ROW', m: 'FULL', s: 'ON' }]
    const applied = await shop.setup('--apply', '--read-only')
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: event-scheduler') })
    expect(await server.query('', VALUES)).toEqual(wanted)
    const lines = /binlog_format = ROW; +binlog_row_metadata = FULL; event_scheduler = ON/u
    const isAdvised = lines.test(applied.stdout.replaceAll(/\s+/gu, ' '))
    expect(isAdvised).toBe(product === 'mariadb')
    if (isAdvised) server.configure({ binlog_format: 'ROW', binlog_row_metadata: 'FULL', event_scheduler: 'ON' })
    await server.stop()
    await server.start()
    expect(await server.query('', VALUES)).toEqual(wanted)
    const again = await shop.setup('--apply', '--read-only')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is left to run.') })
    expect(again.stdout).not.toContain('Recommended:')
    // A value that was set only for the running server is set again so that it lasts.
    await server.query('', 'SET GLOBAL event_scheduler = OFF')
    if (product === 'mysql') await server.query('', 'RESET PERSIST event_scheduler; SET GLOBAL event_scheduler = ON')
    expect((await shop.setup('--apply', '--read-only')).stdout).toContain('done: event-scheduler')
  })

  it('a scheduler that is disabled stops it before anything is changed', async () => {
    await using server = await startMysql({ version, settings: { event_scheduler: 'DISABLED' } })
    await using shop = await openMysqlShop(server)
    const before = await shop.fingerprint()
    const blocked = await shop.setup('--apply', '--read-only')
    expect(blocked).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('set event_scheduler = ON in the option file'),
    })
    expect(await shop.fingerprint()).toEqual(before)
    expect(await shop.setup('--apply')).toMatchObject({ code: 0 })
  })

  it('an administrator who names no other definer, as on RDS: the event is theirs, and the retention is set', async () => {
    await using server = await startMysql({ version, settings: { event_scheduler: 'ON' } })
    await using shop = await openMysqlShop(server, {
      entry: { heartbeat: { interval: '1s', source: { schema: 'beat_rds' } } },
      heartbeat: 'beat_rds',
    })
    await server.query('', RDS)
    const reach =
      product === 'mysql'
        ? 'REVOKE SUPER, SET_ANY_DEFINER, SYSTEM_VARIABLES_ADMIN'
        : 'REVOKE SUPER, SET USER, BINLOG ADMIN'
    await server.query(
      '',
      `CREATE USER 'master'@'%' IDENTIFIED BY 'master'; GRANT ALL ON *.* TO 'master'@'%' WITH GRANT OPTION; ${reach} ON *.* FROM 'master'@'%'`,
    )
    const setup = ['setup', 'shop', '--read-only', '--apply', '--yes']
    const master = shop.url('master', 'master')
    const plain = await shop.offbeat(master, ...setup)
    expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('the step job failed') })
    const applied = await shop.offbeat(master, ...setup, '--variant', 'rds')
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: retention') })
    const kept = await server.query(
      '',
      "SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'",
    )
    expect(kept).toEqual([{ value: '72' }])
    const [event] = await server.query(
      '',
      "SELECT DEFINER AS definer FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'beat_rds'",
    )
    expect(event).toEqual({ definer: 'master@%' })
    await waitFor({ until: 'the event has run' }, async () => {
      const [row] = await server.query(
        '',
        "SELECT LAST_EXECUTED AS at FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'beat_rds'",
      )
      return row?.['at'] !== null
    })
  })

  test.skipIf(mysqlMissing(version) !== null || product === 'mysql')(
    'where the server keeps names in lower case, a heartbeat table in capitals is refused',
    async () => {
      await using server = await startMysql({ version, settings: { lower_case_table_names: '1' } })
      await using shop = await openMysqlShop(server, { entry: { heartbeat: { source: { schema: 'Beat' } } } })
      const before = await shop.fingerprint()
      const blocked = await shop.setup('--apply')
      expect(blocked).toMatchObject({ code: 1, stdout: expect.stringContaining('in lower case') })
      expect(await shop.fingerprint()).toEqual(before)
    },
  )

  describe.skipIf(mysqlMissing(version) !== null)('with a replica that is read', () => {
    let primary: MysqlServer
    let replica: MysqlReplica
    beforeAll(async () => {
      primary = await startMysql({ version })
      replica = await startMysqlReplica(primary, { version })
    })
    afterAll(async () => {
      await replica?.[Symbol.asyncDispose]()
      await primary?.[Symbol.asyncDispose]()
    })

    it('the primary is prepared, the event beats there, and the replica shows its heartbeats', async () => {
      await using shop = await openMysqlShop(primary, { entry: readsReplica({ heartbeat: { interval: '1s' } }) })
      await using _ = dropped(shop, 'streamkap')
      const elsewhere = await shop.offbeat(adminOf(shop, replica), 'setup', 'shop', '--apply', '--yes')
      expect(elsewhere).toMatchObject({ code: 1, stdout: expect.stringContaining('run all of it on the primary') })
      const unproven = await shop.offbeat(adminOf(shop, primary), 'setup', 'shop', '--apply')
      expect(unproven).toMatchObject({ code: 2, stderr: expect.stringContaining('is it the same server?') })
      const applied = await shop.offbeat(adminOf(shop, primary), 'setup', 'shop', '--apply', '--yes')
      expect(applied.stdout).toContain('done: job\n')
      await replica.catchUp()
      // Now its user can log in on the replica, which proves whose replica it is.
      const again = await shop.offbeat(adminOf(shop, primary), 'setup', 'shop', '--apply', '--yes')
      expect(again, again.stderr).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('Nothing is left to run.'),
      })
      await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
      await running.output(/"verdict":"\w+","from":null/u)
      await waitFor({ until: 'a heartbeat of the event is seen' }, async () => {
        const { stdout } = await shop.offbeat('', 'status', '--json')
        return stdout !== '' && JSON.parse(stdout).sources[0]?.heartbeat.source.seenAt != null
      })
    })

    function readsReplica(more: Readonly<Record<string, unknown>>) {
      return { ...more, host: `${replica.host}:${replica.port}`, readOnly: true }
    }

    function adminOf({ url }: MysqlShop, { host, port }: MysqlServer): string {
      const to = new URL(url(primary.user, primary.password))
      to.host = `${host}:${port}`
      return to.href
    }
  })
})

function dropped(shop: MysqlShop, database: string): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await shop.sql(`DROP DATABASE IF EXISTS ${database}`)) }
}

/** What RDS has for the retention of the binary log. */
const RDS = `
  CREATE TABLE mysql.rds_configuration (name varchar(100) PRIMARY KEY, value varchar(100), description varchar(300));
  INSERT INTO mysql.rds_configuration (name) VALUES ('binlog retention hours');
  CREATE PROCEDURE mysql.rds_set_configuration(IN n varchar(100), IN v varchar(100))
    UPDATE mysql.rds_configuration SET value = v WHERE name = n`

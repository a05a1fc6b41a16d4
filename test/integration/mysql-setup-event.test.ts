import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { type MysqlShop, openMysqlShop } from '../support/mysql-shop.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'

const ROW = 'SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1'

describe.each(EVERY_MYSQL)('setup and the events that are there already, %s', (version) => {
  let server: MysqlServer
  beforeAll(async () => {
    if (mysqlMissing(version) === null) server = await startMysql({ version, settings: { event_scheduler: 'ON' } })
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  const it = test.skipIf(mysqlMissing(version) !== null)

  /** A prepared shop without its event. */
  async function prepared(): Promise<MysqlShop> {
    const shop = await openMysqlShop(server)
    const applied = await shop.setup('--apply', '--read-only')
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: job\n') })
    await shop.sql(`DROP EVENT ${shop.heartbeat}.streamkap_heartbeat`)
    return shop
  }

  async function eventsOf({ heartbeat, database }: MysqlShop): Promise<unknown> {
    return await server.query(
      '',
      `SELECT CONCAT(EVENT_NAME, ' ', DEFINER, ' ', STATUS) AS event FROM information_schema.EVENTS
       WHERE EVENT_SCHEMA IN ('${heartbeat}', '${database}') ORDER BY 1`,
    )
  }

  it('an event that only has the name of the table in it is not taken for the one that writes it', async () => {
    await using shop = await prepared()
    const { heartbeat, database, user } = shop
    const others = [
      `${heartbeat}.cleanup ON SCHEDULE EVERY 1 DAY DO DELETE FROM ${heartbeat}.streamkap_heartbeat WHERE id > 1`,
      `${heartbeat}.old ON SCHEDULE EVERY 1 DAY DO UPDATE ${heartbeat}.streamkap_heartbeat_old ${ROW}`,
      `${heartbeat}.other ON SCHEDULE EVERY 1 DAY DO UPDATE ${database}.streamkap_heartbeat ${ROW}`,
      `${database}.unqualified ON SCHEDULE EVERY 1 DAY DO UPDATE streamkap_heartbeat ${ROW}`,
      `${heartbeat}.copy ON SCHEDULE EVERY 1 DAY DO INSERT INTO ${database}.orders SELECT id, text FROM ${heartbeat}.streamkap_heartbeat`,
    ]
    for (const event of others) await shop.sql(`CREATE EVENT ${event}`)
    const applied = await shop.setup('--apply', '--read-only')
    expect(applied, applied.stdout).toMatchObject({ code: 0, stdout: expect.stringContaining('done: job\n') })
    expect(await eventsOf(shop)).toContainEqual({ event: `streamkap_heartbeat ${user}@% ENABLED` })
    expect((await shop.setup('--apply', '--read-only')).stdout).toContain('Nothing is left to run.')
  })

  it('an event of another user that writes the row is used, and shown with its user', async () => {
    await using shop = await prepared()
    const { heartbeat } = shop
    await shop.sql(
      `CREATE EVENT ${heartbeat}.beat ON SCHEDULE EVERY 1 MINUTE DO UPDATE \`${heartbeat}\`.\`streamkap_heartbeat\` ${ROW}`,
    )
    const before = await eventsOf(shop)
    const applied = await shop.setup('--apply', '--read-only')
    expect(applied, applied.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is left to run.'),
    })
    expect(applied.stdout.replaceAll(/\s+/gu, ' ')).toMatch(
      new RegExp(`Recommended: .*found: the event ${heartbeat}\\.beat of the user root@\\S+ changes the row`, 'u'),
    )
    expect(await eventsOf(shop)).toEqual(before)
  })

  it('a disabled event of another user is named with its user and left to you; what is printed enables it as it is', async () => {
    await using shop = await prepared()
    const { heartbeat } = shop
    await shop.sql(
      `CREATE DEFINER = 'dba'@'%' EVENT ${heartbeat}.streamkap_heartbeat ON SCHEDULE EVERY 1 MINUTE DISABLE
       DO UPDATE streamkap_heartbeat ${ROW}`,
    )
    const before = await eventsOf(shop)
    expect(before).toEqual([{ event: 'streamkap_heartbeat dba@% DISABLED' }])
    const refused = await shop.setup('--apply', '--read-only')
    expect(refused).toMatchObject({ code: 1, stdout: expect.not.stringContaining('done:') })
    expect(refused.stdout.replaceAll(/\s+/gu, ' ')).toContain(
      `found: the event ${heartbeat}.streamkap_heartbeat of the user dba@% is DISABLED`,
    )
    expect(await eventsOf(shop)).toEqual(before)
    const [, printed = ''] = /(?:mysql|mariadb): (ALTER DEFINER .*);$/mu.exec(refused.stdout) ?? []
    await shop.sql(printed)
    expect(await eventsOf(shop)).toEqual([{ event: 'streamkap_heartbeat dba@% ENABLED' }])
    expect(await shop.setup('--apply', '--read-only')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is left to run.'),
    })
  })

  it('an event of that name that does something else stops setup before it changes anything', async () => {
    await using shop = await prepared()
    const { heartbeat, database } = shop
    await shop.sql(
      `CREATE EVENT ${heartbeat}.streamkap_heartbeat ON SCHEDULE EVERY 1 DAY DO DELETE FROM ${database}.orders WHERE id < 0`,
    )
    const before = await shop.fingerprint()
    const blocked = await shop.setup('--apply', '--read-only')
    expect(blocked.code).toBe(1)
    const text = blocked.stdout.replaceAll(/\s+/gu, ' ')
    expect(text).toMatch(
      new RegExp(`found: the event ${heartbeat}\\.streamkap_heartbeat of the user root@\\S+ does not change`, 'u'),
    )
    expect(text).toContain(`DROP EVENT ${heartbeat}.streamkap_heartbeat`)
    expect(await shop.fingerprint()).toEqual(before)
  })

  it('an event of our own that is disabled, as after a promotion, is enabled', async () => {
    await using shop = await prepared()
    await shop.setup('--apply', '--read-only')
    await shop.sql(`ALTER DEFINER = '${shop.user}'@'%' EVENT ${shop.heartbeat}.streamkap_heartbeat DISABLE`)
    const applied = await shop.setup('--apply', '--read-only')
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: job-enabled\n') })
    expect(await eventsOf(shop)).toEqual([{ event: `streamkap_heartbeat ${shop.user}@% ENABLED` }])
  })
})

import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { examineNow, HEARTBEAT } from '../support/broken-postgresql.ts'
import { NO_SIGNS } from '../support/broken-server.ts'
import { Capture } from '../support/captured-tables.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { readFrom, refusal, watchedDatabase } from '../support/postgresql-reading.ts'
import { startStandby } from '../support/postgresql-standby.ts'
import { isAsked } from '../support/postgresql-versions.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'

async function offbeat(shop: Shop, ...args: readonly string[]) {
  const environment = { OFFBEAT_ADMIN_URL: shop.url }
  const context = recordingContext({ workingDirectory: shop.folder.path, environment })
  const code = await runProgram(commandList, args, context, '9.9.9')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text }
}

const check = async (examined: Parameters<typeof examineNow>[0], id: string) =>
  (await examineNow(examined)).find((finding) => finding.id === id)

describe.skipIf(!isAsked(19) || postgresqlMissing(19) !== null)('PostgreSQL 19', () => {
  test('decodes its log at wal_level = replica, from the first logical slot on', async () => {
    await using server = await startPostgresql({ version: 19, settings: { wal_level: 'replica' } })
    await using shop = await openShop(server)
    const level = async () => (await shop.sql('SHOW effective_wal_level'))[0]?.['effective_wal_level']
    expect(await level()).toBe('replica')
    const setup = await offbeat(shop, 'setup', 'shop', '--apply', '--yes')
    expect(setup.stdout).not.toContain('wal_level')
    const doctor = await offbeat(shop, 'doctor', 'shop', '--json')
    const before = JSON.parse(doctor.stdout).sources[0].checks
    expect(before).toContainEqual(
      expect.objectContaining({ id: 'postgresql.wal-level', status: 'ok', found: 'wal_level = replica' }),
    )
    expect((await offbeat(shop, 'run', '--until', 'head', '--quiet')).code).toBe(0)
    expect(await level()).toBe('logical')
    await shop.sql('INSERT INTO orders VALUES (1)')
    expect((await offbeat(shop, 'run', '--until', 'head', '--quiet')).code).toBe(0)
    expect(
      (await offbeat(shop, 'tail', 'shop', '--from', 'beginning', '--idle-exit', '1s', '--json')).stdout,
    ).toContain('"id":1')
    await server.dropSlots(shop.database)
    expect((await offbeat(shop, 'status')).code).toBe(3)
  })

  test('is refused at wal_level = minimal, with the statement', async () => {
    await using server = await startPostgresql({
      version: 19,
      settings: { wal_level: 'minimal', max_wal_senders: '0' },
    })
    await using database = await watchedDatabase(server)
    expect(await check({ database, config: database.config, signs: NO_SIGNS }, 'postgresql.wal-level')).toMatchObject({
      status: 'fail',
      code: 'POSTGRES_WAL_LEVEL',
      found: expect.stringContaining('wal_level = minimal'),
    })
  })

  test('a standby decodes only while its primary does, and says so with where to set it', async () => {
    await using primary = await startPostgresql({ version: 19, settings: { wal_level: 'replica' } })
    await using database = await watchedDatabase(primary)
    await using standby = await startStandby(primary)
    await standby.catchUp()
    const hosts = [{ host: standby.host, port: standby.port }]
    const config = { ...database.config, connection: { ...database.config.connection, hosts } }
    expect(await refusal('now', config)).toMatchObject({
      code: 'POSTGRES_WAL_LEVEL',
      fix: [{ note: expect.stringContaining('on the primary') }],
    })
  })

  test('tables that a publication of all tables leaves out are published by the statement that the server takes', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(19))
    await database.query(`DROP PUBLICATION streamkap_pub; CREATE TABLE other (id int PRIMARY KEY);
      CREATE PUBLICATION streamkap_pub FOR ALL TABLES EXCEPT (TABLE ${HEARTBEAT}, item, other)`)
    const config = { ...database.config, tables: ['public.item'] }
    const examined = { database, config, signs: NO_SIGNS }
    await using capture = await Capture.of(database, { tables: ['public.item'] })
    expect(capture.log.withCode('POSTGRES_TABLE_NOT_PUBLISHED')).toMatchObject([
      { fix: [{ text: `ALTER PUBLICATION streamkap_pub SET ALL TABLES EXCEPT (TABLE ${HEARTBEAT}, public.other)` }] },
    ])
    for (const id of ['postgresql.watched-published', 'postgresql.heartbeat-published']) {
      const found = await check(examined, id)
      expect(found).toMatchObject({ status: 'fail' })
      await database.query(found?.fix[0]?.text ?? '')
      expect(await check(examined, id)).toMatchObject({ status: 'ok' })
    }
    const published = await database.query(
      "SELECT tablename FROM pg_publication_tables WHERE pubname = 'streamkap_pub'",
    )
    expect(published.map(({ tablename }) => tablename)).not.toContain('other')
    await database.query("INSERT INTO item VALUES (1, 'a')")
    await capture.toHead()
    expect(capture.changes('shop.public.item')).toHaveLength(1)
  })

  test('set-up does not try to add a table to a publication of all tables, and prints what publishes it', async () => {
    await using server = await startPostgresql({ version: 19 })
    await using shop = await openShop(server)
    await shop.sql(`DROP PUBLICATION streamkap_pub; CREATE TABLE other (id int PRIMARY KEY);
      CREATE PUBLICATION streamkap_pub FOR ALL TABLES EXCEPT (TABLE ${HEARTBEAT}, other)`)
    const blocked = await offbeat(shop, 'setup', 'shop', '--apply', '--yes')
    expect(blocked.code).toBe(1)
    expect(blocked.stdout).toContain(`found: ${HEARTBEAT}`)
    const [, run = ''] = /^ +(?:psql: )?(ALTER PUBLICATION .*;)$/mu.exec(blocked.stdout) ?? []
    await shop.sql(run)
    expect((await offbeat(shop, 'setup', 'shop', '--apply', '--yes')).stdout).toContain('next: offbeat doctor shop')
  })

  test('a publication that has sequences too is read as any other', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(19))
    await database.query(`DROP PUBLICATION streamkap_pub; CREATE SEQUENCE counter;
      CREATE PUBLICATION streamkap_pub FOR ALL TABLES, ALL SEQUENCES`)
    await using reading = await readFrom('now', database.config)
    await reading.firstOffset()
    await database.query("SELECT nextval('counter'); INSERT INTO item VALUES (1, 'a')")
    await reading.until('the row is read', async () => reading.events.some(({ type }) => type === 'change'))
  })
})

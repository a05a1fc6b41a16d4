import { describe, expect, test } from 'vitest'
import { OffbeatError } from '../../src/model/error.ts'
import type { Offset } from '../../src/model/offset.ts'
import { Secret } from '../../src/model/secret.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { withText } from '../support/fix-script.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, refusal, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW, versionsOf } from '../support/postgresql-versions.ts'

function at(offset: Offset, position: string): Offset {
  return { ...offset, position: LSN_POSITIONS.parse(position) }
}

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('logging in', () => {
    test('wrong password, database, user, port, host and TLS each have their own error, without the password', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { config } = database
      const tls = { ...config.connection.tls, mode: 'require' as const }
      const cases: [string, Parameters<typeof withConnection>[1]][] = [
        ['DATABASE_MISSING', { database: 'no_such_database' }],
        ['DATABASE_UNREACHABLE', { hosts: [{ host: '127.0.0.1', port: 1 }] }],
        ['DATABASE_UNREACHABLE', { hosts: [{ host: 'no-such-host.invalid', port: 5432 }] }],
        ['DATABASE_TLS_REFUSED', { tls }],
      ]
      for (const [code, change] of cases) {
        const error = await refusal('now', withConnection(config, change))
        expect(error).toMatchObject({ code })
        expect(JSON.stringify(error) + String(error)).not.toContain('planted')
      }
      expect(await database.slot()).toBeNull()
    })

    // 19 has no such encoding.
    test.skipIf(version > 18)('a database of an encoding that is never UTF-8', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const name = await database.server.createDatabase('MULE_INTERNAL')
      expect(await refusal('now', withConnection(database.config, { database: name }))).toMatchObject({
        code: 'POSTGRES_ENCODING',
        retry: false,
        message: expect.stringContaining(name),
      })
    })

    test('a role without REPLICATION', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`ALTER ROLE ${database.user} NOREPLICATION`)
      expect(await refusal('now', database.config)).toMatchObject({
        code: 'POSTGRES_REPLICATION_DENIED',
        kind: 'permission',
        fix: expect.arrayContaining([withText(`ALTER ROLE ${database.user} REPLICATION`)]),
      })
    })
  })

  describe.skipIf(postgresqlMissing(version) !== null)('a position that cannot be read from', () => {
    test('the publication is missing', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query('DROP PUBLICATION streamkap_pub')
      expect(await refusal('now', { ...database.config, tables: ['public.item'] })).toMatchObject({
        code: 'POSTGRES_PUBLICATION_MISSING',
        fix: [
          {
            at: database.name,
            by: 'a superuser',
            text: 'CREATE PUBLICATION streamkap_pub FOR TABLE public.item, streamkap.streamkap_heartbeat',
          },
        ],
      })
      expect(await database.slot()).toBeNull()
    })

    test('promise 9: the slot is gone though an offset is stored', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      await database.server.dropSlots(database.name)
      expect(await refusal(offset, database.config)).toMatchObject({
        code: 'POSTGRES_SLOT_MISSING',
        kind: 'lost position',
        details: expect.objectContaining({ offset: String(offset.position) }),
        fix: expect.arrayContaining([withText('offbeat offsets reset shop')]),
      })
      expect(await database.slot()).toBeNull()
    })

    test('promise 4: a slot without an offset of ours is not taken', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await firstOffsetOf(database.config)
      const before = await database.slot()
      const error = await refusal('now', database.config)
      expect(error).toMatchObject({ code: 'POSTGRES_SLOT_NOT_OURS' })
      expect(error).toMatchObject({
        found: expect.stringContaining('not being read'),
        fix: [
          {
            in: 'person',
            text: expect.stringMatching(/^take the slot over if a first start of shop .* nothing is lost then$/),
          },
          { in: 'shell', text: 'offbeat offsets set shop --from-slot' },
          { in: 'alternative', text: expect.stringMatching(/^use another slot/) },
          { in: 'file', text: expect.stringContaining('slot:') },
          { in: 'alternative', text: expect.stringMatching(/^drop the slot/) },
          { in: 'database', text: expect.stringContaining('pg_drop_replication_slot') },
        ],
      })
      expect((await database.slot())?.['confirmed_flush_lsn']).toBe(before?.['confirmed_flush_lsn'])
    })

    test('a slot of another plugin, a physical one, one of another database', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using other = await watchedDatabase(database.server)
      const offset = await firstOffsetOf(other.config)
      expect(await refusal(offset, { ...database.config, slot: other.config.slot })).toMatchObject({
        code: 'POSTGRES_SLOT_OTHER_DATABASE',
        found: expect.stringContaining(other.name),
      })
      await database
        .query(`SELECT pg_create_logical_replication_slot('${database.config.slot}', 'test_decoding')`)
        .catch(
          // The plugin is not shipped with every server: a physical slot stands for it there.
          () => database.query(`SELECT pg_create_physical_replication_slot('${database.config.slot}')`),
        )
      expect(await refusal(offset, database.config)).toMatchObject({ code: 'POSTGRES_SLOT_OTHER_PLUGIN' })
      await database.query(`SELECT pg_drop_replication_slot('${database.config.slot}')`)
    })

    test('a slot with two_phase, taken over or altered; a temporary one', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { slot } = database.config
      const offset = await firstOffsetOf(database.config)
      await database.query(`SELECT pg_drop_replication_slot('${slot}')`)
      await database.query(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput', twophase => true)`)
      for (const from of [offset, 'now'] as const)
        expect(await refusal(from, database.config)).toMatchObject({
          code: 'POSTGRES_SLOT_TWO_PHASE',
          retry: false,
          fix: [
            { in: 'file', text: expect.stringMatching(/^slot: /) },
            ...(version >= 18 ? [{ in: 'shell', text: expect.stringMatching(/^psql .*TWO_PHASE false/) }] : []),
          ],
        })
      await database.query(`SELECT pg_drop_replication_slot('${slot}')`)
      await using other = await database.server.connect(database.name)
      await other.query(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput', true)`)
      expect(await refusal('now', database.config)).toMatchObject({
        code: 'POSTGRES_SLOT_IN_USE',
        found: expect.stringMatching(/^a temporary slot of process \d+$/),
      })
    })

    test('promise 4: a slot that is ahead of the offset is never streamed from', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      await database.query("INSERT INTO item VALUES (1, 'between')")
      await database.query(`SELECT pg_replication_slot_advance('${database.config.slot}', pg_current_wal_lsn())`)
      const confirmed = (await database.slot())?.['confirmed_flush_lsn']
      expect(await refusal(offset, database.config)).toMatchObject({
        code: 'POSTGRES_SLOT_AHEAD',
        kind: 'lost position',
        found: `confirmed_flush_lsn ${confirmed}`,
        expected: expect.stringContaining(String(offset.position)),
        details: expect.objectContaining({ missingFrom: String(offset.position), missingUntil: confirmed }),
      })
    })

    test('promise 11: a library that the server misses for a moment loses nothing', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      await database.query(`ALTER ROLE ${database.user} SET dynamic_library_path = '/nowhere'`)
      expect(await refusal(offset, database.config)).toMatchObject({
        code: 'DATABASE_ERROR',
        retry: true,
        found: expect.stringContaining('58P01'),
      })
    })

    test('promise 4: another server, an older timeline, a position beyond the log', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      const { config } = database
      const elsewhere = { ...offset, server: { ...offset.server, systemIdentifier: '42' } }
      expect(await refusal(elsewhere, config)).toMatchObject({
        code: 'DATABASE_OTHER_SERVER',
        expected: 'system identifier 42',
      })
      const later = { ...offset, server: { ...offset.server, timeline: '7' } }
      expect(await refusal(later, config)).toMatchObject({ code: 'POSTGRES_TIMELINE_DIVERGED' })
      expect(await refusal(at(offset, 'FFFF/0'), config)).toMatchObject({ code: 'OFFSET_BEYOND_LOG' })
    })

    test('a busy slot names who reads it, and is tried again', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using reading = await readFrom('now', database.config)
      const offset = await reading.firstOffset()
      await reading.until('the slot is active', async () => (await database.slot())?.['active'] === true)
      const pid = (await database.slot())?.['active_pid']
      expect(await refusal(offset, database.config)).toMatchObject({
        code: 'POSTGRES_SLOT_IN_USE',
        retry: true,
        found: expect.stringContaining(`process ${pid} (application offbeat shop, user ${database.user})`),
      })
    })
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a server of its own', () => {
  test('a wrong and a missing password, and no line in pg_hba.conf', async () => {
    await using server = await startPostgresql()
    await using database = await watchedDatabase(server)
    const [{ hba_file: path } = {}] = await server.query(database.name, 'SHOW hba_file')
    await server.query(
      database.name,
      `COPY (SELECT 'host all ${database.user} 127.0.0.1/32 scram-sha-256' UNION ALL SELECT 'host ${database.name} ${server.user} 127.0.0.1/32 trust' UNION ALL SELECT 'host postgres ${server.user} 127.0.0.1/32 trust') TO '${path}'`,
    )
    await server.query(database.name, 'SELECT pg_reload_conf()')
    const { config } = database
    const wrong = await refusal('now', withConnection(config, { password: new Secret('planted-wrong') }))
    expect(wrong).toMatchObject({ code: 'DATABASE_PASSWORD_WRONG', kind: 'permission' })
    expect(JSON.stringify(wrong) + String(wrong)).not.toContain('planted')
    expect(await refusal('now', withConnection(config, { password: null }))).toMatchObject({
      code: 'DATABASE_PASSWORD_MISSING',
    })
    expect(await refusal('now', withConnection(config, { user: 'stranger' }))).toMatchObject({
      code: 'DATABASE_LOGIN_REFUSED',
    })
    await using reading = await readFrom('now', config)
    await reading.firstOffset()
  })

  test('wal_level', async () => {
    await using server = await startPostgresql({ settings: { wal_level: 'replica' } })
    await using database = await watchedDatabase(server)
    expect(await refusal('now', database.config)).toMatchObject({
      code: 'POSTGRES_WAL_LEVEL',
      found: 'wal_level = replica',
      fix: [{ text: 'ALTER SYSTEM SET wal_level = logical' }, { in: 'person', text: 'restart the server' }],
    })
  })

  test('no slot left', async () => {
    await using server = await startPostgresql({ settings: { max_replication_slots: '1' } })
    await using database = await watchedDatabase(server)
    await database.query("SELECT pg_create_physical_replication_slot('the_only_one')")
    const error = await refusal('now', database.config)
    expect(error).toMatchObject({ code: 'POSTGRES_NO_SLOTS_LEFT' })
    const printed = error instanceof OffbeatError ? (error.fix.at(-1)?.text ?? '') : ''
    const raise = (await database.query(printed)).flatMap((row) => Object.values(row))
    expect(raise).toEqual(['ALTER SYSTEM SET max_replication_slots = 11'])
  })

  // Each says it in another way: by wal_status alone, as a conflict too, by a reason.
  test.for(versionsOf([14, 16, 18, 19]))('promise 9: an invalidated slot says why, PostgreSQL %d', async (version) => {
    await using server = await startPostgresql({
      version,
      settings: { max_slot_wal_keep_size: '1MB', min_wal_size: '32MB', max_wal_size: '32MB' },
    })
    await using database = await watchedDatabase(server)
    const offset = await firstOffsetOf(database.config)
    for (let round = 0; round < 4; round++)
      await database.query(
        'SELECT pg_switch_wal(); CREATE TABLE IF NOT EXISTS filler (id int); INSERT INTO filler VALUES (1)',
      )
    await database.query('CHECKPOINT')
    expect(await refusal(offset, database.config)).toMatchObject({
      code: 'POSTGRES_SLOT_INVALIDATED',
      kind: 'lost position',
      found: expect.stringContaining('behind by more than max_slot_wal_keep_size'),
      fix: expect.arrayContaining([withText('pg_drop_replication_slot'), withText('max_slot_wal_keep_size')]),
    })
  })
})

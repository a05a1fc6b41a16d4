import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/model/json.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import { LogMemory } from '../../src/sources/postgresql/read/log-memory.ts'
import { Capture } from '../support/captured-tables.ts'
import { briefly, encodedMessages } from '../support/encoded-messages.ts'
import { PgoutputLog } from '../support/pgoutput-log.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'

/** What the last offset of these events remembers. */
function memoryOf(events: readonly LogEvent[]): JsonObject {
  const commit = events.findLast((event) => event.type === 'commit')
  if (commit === undefined) throw new Error('no transaction')
  return commit.offset.memory
}

/** A decoder as after a restart: it has what was stored with an offset, written and read as JSON. */
function restarted(log: PgoutputLog, memory: JsonObject) {
  return log.decoder({ memory: new LogMemory(JSON.parse(JSON.stringify(memory))) })
}

function notices(events: readonly LogEvent[]) {
  const said = events.flatMap((event) => (event.type === 'notice' ? [`${event.code} ${event.details['table']}`] : []))
  return [...new Set(said)]
}

function keysOf(events: readonly LogEvent[]) {
  return encodedMessages(events).map(({ op, key }) => [op, key])
}

const FULL = `CREATE TABLE a (id int PRIMARY KEY, note text); ALTER TABLE a REPLICA IDENTITY FULL`
const MIGRATION = `BEGIN; ALTER TABLE a ADD COLUMN big bigint; UPDATE a SET big = id + 10;
  ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (big), DROP COLUMN id; UPDATE a SET note = 'new'; COMMIT`
const MIGRATED = [
  ['u', { id: 1 }, { id: 1, note: null, big: null }, { id: 1, note: null, big: 11 }],
  ['u', { id: 2 }, { id: 2, note: null, big: null }, { id: 2, note: null, big: 12 }],
  ['u', { big: 11 }, { note: null, big: 11 }, { note: 'new', big: 11 }],
  ['u', { big: 12 }, { note: null, big: 12 }, { note: 'new', big: 12 }],
]

describe.each(EVERY_VERSION)('keys and types that the log does not tell, PostgreSQL %i', (version) => {
  const of = test.skipIf(postgresqlMissing(version) !== null)

  of('a key that moves to another column within a transaction is the old one until it moves', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), { before: FULL })
    const decoder = log.decoder()
    await log.session.query('INSERT INTO a VALUES (1), (2)')
    await log.events(decoder)
    await log.session.query(MIGRATION)
    expect(encodedMessages(await log.events(decoder)).map(briefly)).toEqual(MIGRATED)
    await log.session.query('DELETE FROM a')
    expect(keysOf(await log.events(decoder))).toEqual([
      ['d', { big: 11 }],
      ['d', { big: 12 }],
    ])
  })

  of(
    'a key that is incomplete until its transaction replaces it is none until then, and that is reported',
    async () => {
      await using log = await PgoutputLog.open(await sharedPostgresql(version), {
        before: 'CREATE TABLE g (id int, code int, n int GENERATED ALWAYS AS (code * 2) STORED, PRIMARY KEY (id, n))',
      })
      await log.session.query('INSERT INTO g VALUES (1, 1), (1, 2)')
      const before = memoryOf(await log.events(log.decoder()))
      await log.session.query(`BEGIN; INSERT INTO g VALUES (1, 3); TRUNCATE g; INSERT INTO g VALUES (1, 4);
      ALTER TABLE g DROP CONSTRAINT g_pkey, ADD PRIMARY KEY (id); COMMIT; INSERT INTO g VALUES (2, 5)`)
      const events = await log.events(restarted(log, before))
      expect(keysOf(events)).toEqual([
        ['c', null],
        ['c', null],
        ['c', { id: 2 }],
      ])
      expect(notices(events)).toContain('POSTGRES_KEY_UNCERTAIN public.g')
    },
  )

  of('a key that is dropped and created again within a transaction is uncertain in it', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), { before: FULL })
    await log.session.query('INSERT INTO a VALUES (1)')
    const before = memoryOf(await log.events(log.decoder()))
    await log.session.query(`BEGIN; ALTER TABLE a DROP CONSTRAINT a_pkey; INSERT INTO a VALUES (1); DELETE FROM a WHERE ctid = '(0,1)';
      ALTER TABLE a ADD PRIMARY KEY (id); COMMIT`)
    expect(notices(await log.events(restarted(log, before)))).toEqual(['POSTGRES_KEY_UNCERTAIN public.a'])
  })

  of('a key that became complete and was dropped unread is uncertain', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE g (id int, code int, n int GENERATED ALWAYS AS (code * 2) STORED, PRIMARY KEY (id, n));
        ALTER TABLE g REPLICA IDENTITY FULL`,
    })
    await log.session.query('INSERT INTO g VALUES (1, 1)')
    const before = memoryOf(await log.events(log.decoder()))
    await log.session.query('ALTER TABLE g DROP CONSTRAINT g_pkey, ADD PRIMARY KEY (id); INSERT INTO g VALUES (2, 2)')
    await log.session.query('ALTER TABLE g DROP CONSTRAINT g_pkey')
    const events = await log.events(restarted(log, before))
    expect(keysOf(events)).toEqual([['c', null]])
    expect(notices(events)).toEqual(['POSTGRES_KEY_UNCERTAIN public.g'])
  })

  of('a dropped column is not taken for the key that was renamed earlier', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: 'CREATE TABLE a (id int PRIMARY KEY, k int, note text); ALTER TABLE a REPLICA IDENTITY FULL',
    })
    await log.session.query('INSERT INTO a VALUES (1, 0)')
    const before = memoryOf(await log.events(log.decoder()))
    await log.session.query('ALTER TABLE a RENAME id TO n')
    await log.session.query(`BEGIN; INSERT INTO a VALUES (2, 0); ALTER TABLE a DROP note;
      ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (n, k); COMMIT`)
    expect(notices(await log.events(restarted(log, before)))).toContain('POSTGRES_KEY_UNCERTAIN public.a')
  })

  of('an incomplete key is not taken for another identity of the same columns', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE g (id int, code int NOT NULL UNIQUE, n int GENERATED ALWAYS AS (code * 2) STORED, PRIMARY KEY (id, n))`,
    })
    await log.session.query('INSERT INTO g VALUES (1, 1)')
    const before = memoryOf(await log.events(log.decoder()))
    await log.session.query('ALTER TABLE g REPLICA IDENTITY USING INDEX g_code_key; INSERT INTO g VALUES (2, 2)')
    await log.session.query('ALTER TABLE g REPLICA IDENTITY NOTHING')
    const events = await log.events(restarted(log, before))
    expect(keysOf(events)).toEqual([['c', null]])
    expect(notices(events)).toEqual(['POSTGRES_KEY_UNCERTAIN public.g'])
  })

  of(
    'without a memory a key that was replaced may have had a column that the log lacks, and that is reported',
    async () => {
      const columns = 'id int, code int, n int GENERATED ALWAYS AS (code * 2) STORED'
      await using log = await PgoutputLog.open(await sharedPostgresql(version), {
        before: `CREATE TABLE g (${columns}, PRIMARY KEY (id, n)); CREATE TABLE whole (id int PRIMARY KEY, code int NOT NULL)`,
      })
      await log.session.query('INSERT INTO g VALUES (1, 1); INSERT INTO whole VALUES (1, 1)')
      for (const table of ['g', 'whole'])
        await log.session.query(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey, ADD PRIMARY KEY (code)`)
      const events = await log.events(log.decoder())
      expect(keysOf(events)).toEqual([
        ['c', { id: 1 }],
        ['c', { id: 1 }],
      ])
      expect(notices(events)).toEqual(['POSTGRES_KEY_UNCERTAIN public.g'])
    },
  )

  of(
    'a key whose column was renamed and that was then replaced or dropped is not known, and that is reported',
    async () => {
      await using log = await PgoutputLog.open(await sharedPostgresql(version), { before: FULL })
      await log.session.query('INSERT INTO a VALUES (1)')
      const first = await log.events(log.decoder())
      await log.session.query(`ALTER TABLE a RENAME id TO n; ALTER TABLE a ADD m int NOT NULL DEFAULT 7`)
      await log.session.query(
        'BEGIN; UPDATE a SET m = 8; ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (m); COMMIT',
      )
      const replaced = await log.events(restarted(log, memoryOf(first)))
      expect(notices(replaced)).toEqual(['POSTGRES_KEY_UNCERTAIN public.a'])
      await log.session.query('ALTER TABLE a RENAME m TO o; UPDATE a SET o = 9')
      await log.session.query('ALTER TABLE a DROP CONSTRAINT a_pkey')
      const dropped = await log.events(restarted(log, memoryOf(replaced)))
      expect([keysOf(dropped), notices(dropped)]).toEqual([[['u', null]], ['POSTGRES_KEY_UNCERTAIN public.a']])
    },
  )

  of(
    'rows that are read late have the key of their time: it moved, was renamed, dropped, its table was dropped',
    async () => {
      await using log = await PgoutputLog.open(await sharedPostgresql(version), { before: FULL })
      await log.session.query('INSERT INTO a VALUES (1), (2)')
      const before = memoryOf(await log.events(log.decoder()))
      await log.session.query(
        `UPDATE a SET note = NULL WHERE id = 1; UPDATE a SET note = NULL WHERE id = 2; ${MIGRATION}`,
      )
      const events = await log.events(restarted(log, before))
      expect(encodedMessages(events).slice(2).map(briefly)).toEqual(MIGRATED)
      expect(keysOf(events).slice(0, 2)).toEqual([
        ['u', { id: 1 }],
        ['u', { id: 2 }],
      ])
      await log.session.query(
        `UPDATE a SET note = 'y' WHERE big = 11; ALTER TABLE a RENAME COLUMN big TO huge; DELETE FROM a WHERE huge = 12`,
      )
      const renamed = await log.events(restarted(log, memoryOf(events)))
      expect(keysOf(renamed)).toEqual([
        ['u', { big: 11 }],
        ['d', { huge: 12 }],
      ])
      await log.session.query(`UPDATE a SET note = 'z'; ALTER TABLE a DROP CONSTRAINT a_pkey; UPDATE a SET note = 'zz'`)
      const keyless = await log.events(restarted(log, memoryOf(renamed)))
      expect(keysOf(keyless)).toEqual([
        ['u', { huge: 11 }],
        ['u', null],
      ])
      await log.session.query(`ALTER TABLE a ADD PRIMARY KEY (huge); UPDATE a SET note = 'again'`)
      const again = await log.events(restarted(log, memoryOf(keyless)))
      expect(keysOf(again)).toEqual([['u', { huge: 11 }]])
      await log.session.query(`UPDATE a SET note = 'last'; DROP TABLE a`)
      const last = await log.events(restarted(log, memoryOf(again)))
      expect([keysOf(last), notices(last)]).toEqual([[['u', { huge: 11 }]], []])
    },
  )

  of('without a memory the key is found where the catalog still tells it, else absent and said', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `${FULL}; CREATE TABLE b (x int, id int PRIMARY KEY, y int); ALTER TABLE b REPLICA IDENTITY FULL;
        CREATE TABLE c (id int PRIMARY KEY); ALTER TABLE c REPLICA IDENTITY FULL`,
    })
    await log.session.query(`INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (1, 2, 3); INSERT INTO c VALUES (1);
      ${MIGRATION}; ALTER TABLE b DROP COLUMN x; ALTER TABLE b RENAME id TO number; DROP TABLE c`)
    const events = await log.events(log.decoder())
    expect(keysOf(events)).toEqual([
      ['c', null],
      ['c', { id: 2 }],
      ['c', null],
      ['u', null],
      ['u', { big: 11 }],
    ])
    expect(notices(events).filter((said) => said.startsWith('POSTGRES_KEY_UNCERTAIN'))).toEqual([
      'POSTGRES_KEY_UNCERTAIN public.a',
      'POSTGRES_KEY_UNCERTAIN public.c',
    ])
  })

  of('values of types that were dropped keep the form that they had', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN flag AS bool; CREATE DOMAIN flags AS flag[]; CREATE DOMAIN big AS bigint;
        CREATE DOMAIN raw AS bytea; CREATE TABLE t (id int, m mood[], f flag, fs flags, b big, bs big[], r raw)`,
    })
    const row = `INSERT INTO t VALUES (1, '{sad,ok}', true, '{t,f}', 9007199254740993, '{1,2}', '\\xdead')`
    const drop = 'DROP TABLE t; DROP DOMAIN flags, flag, big, raw; DROP TYPE mood'
    await log.session.query(row)
    const first = await log.events(log.decoder())
    const values = encodedMessages(first)[0]?.after
    expect(values).toMatchObject({ m: ['sad', 'ok'], f: true, fs: [true, false], bs: [1, 2], r: '3q0=' })
    await log.session.query(`${row}; ${drop}`)
    const events = await log.events(restarted(log, memoryOf(first)))
    expect(encodedMessages(events)[0]?.after).toEqual(values)
    expect(notices(events)).toEqual([])
  })

  of('of a dropped type that was never seen, the log tells a domain; an array is text, and that is said', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN flag AS bool; CREATE DOMAIN big AS bigint; CREATE DOMAIN bigs AS int8[];
        CREATE TABLE t (id int, m mood, ms mood[], f flag, b big, bs bigs)`,
    })
    await log.session.query(
      `INSERT INTO t VALUES (1, 'sad', '{sad,ok}', true, 7, '{1}'); DROP TABLE t; DROP DOMAIN flag, big, bigs; DROP TYPE mood`,
    )
    const events = await log.events(log.decoder())
    expect(encodedMessages(events)[0]?.after).toEqual({ id: 1, m: 'sad', ms: '{sad,ok}', f: true, b: 7, bs: [1] })
    expect(events.filter((event) => event.type === 'notice')).toMatchObject([
      { code: 'POSTGRES_TYPE_UNKNOWN', details: { table: 'public.t', columns: ['ms'] } },
    ])
  })

  of('nothing is remembered where the log tells all, and the memory stays the same object', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE plain (id int PRIMARY KEY); ${FULL}`,
    })
    const decoder = log.decoder()
    await log.session.query('INSERT INTO plain VALUES (1)')
    expect(memoryOf(await log.events(decoder))).toEqual({})
    await log.session.query('INSERT INTO a VALUES (1)')
    const memory = memoryOf(await log.events(decoder))
    await log.session.query('INSERT INTO a VALUES (2); ANALYZE a; INSERT INTO a VALUES (3)')
    expect(memoryOf(await log.events(decoder))).toBe(memory)
    expect(Object.values(Object(memory['keys']))).toEqual([[expect.any(String), ['id']]])
  })

  of('a key with a column that the log does not have is no key, and that is said', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE g (tenant int, n int, code int GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (tenant, code));
        CREATE TABLE f (tenant int, n int, code int GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (tenant, code)); ALTER TABLE f REPLICA IDENTITY FULL`,
    })
    const decoder = log.decoder()
    await log.session.query('INSERT INTO g VALUES (1, 1), (1, 2); INSERT INTO f VALUES (1, 1)')
    if (version < 18) await log.session.query('DELETE FROM g WHERE n = 1; DELETE FROM f')
    const events = await log.events(decoder)
    expect(keysOf(events).filter(([, key]) => key !== null)).toEqual([])
    expect(notices(events)).toEqual(['POSTGRES_KEY_INCOMPLETE public.g', 'POSTGRES_KEY_INCOMPLETE public.f'])
    await log.session.query('INSERT INTO g VALUES (1, 3); DROP TABLE g')
    expect(keysOf(await log.events(restarted(log, memoryOf(events))))).toEqual([['c', null]])
  })
})

test.skipIf(postgresqlMissing(18) !== null)(
  'the memory is stored with the offset, and outlives the process',
  async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    await database.query(
      `${FULL}; ALTER PUBLICATION streamkap_pub ADD TABLE a; CREATE DOMAIN big AS int8; ALTER TABLE a ADD n big[]`,
    )
    await using capture = await Capture.of(database)
    await database.query('INSERT INTO a VALUES (1)')
    await capture.toHead()
    await database.query(`UPDATE a SET n = '{7}'; ALTER TABLE a RENAME id TO number; ALTER TABLE a DROP CONSTRAINT a_pkey; DELETE FROM a;
    ALTER TABLE a DROP COLUMN n; DROP DOMAIN big`)
    await capture.toHead()
    const [, update, last] = capture.messages('shop.public.a')
    expect([update?.key, update?.value.after]).toEqual([{ id: 1 }, { id: 1, note: null, n: [7] }])
    expect([last?.key, last?.value.before]).toEqual([null, { number: 1, note: null, n: [7] }])
  },
)

// A new slot begins with the oldest catalog_xmin of all slots. Of a table that was created after that, the key counts as changed. So no other
// test may have a slot on the server.
test.skipIf(postgresqlMissing(18) !== null)(
  'the key of a table without rows so far is remembered when the stream begins',
  async () => {
    await using server = await startPostgresql({ version: 18 })
    await using database = await watchedDatabase(server)
    await database.query(`${FULL}; ALTER PUBLICATION streamkap_pub ADD TABLE a`)
    await using capture = await Capture.of(database)
    await database.query('INSERT INTO item VALUES (1)')
    await capture.toHead()
    await database.query('INSERT INTO a VALUES (1)')
    await database.query('ALTER TABLE a ADD big int NOT NULL DEFAULT 7, DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (big)')
    await database.query('UPDATE a SET note = $$x$$; DROP TABLE a')
    await capture.toHead()
    expect(capture.messages('shop.public.a').map(({ key }) => key)[0]).toEqual({ id: 1 })
  },
)

test('a memory of another version, or a damaged one, is no memory', () => {
  const good = { version: 1, keys: { '7': ['shape', ['id']] }, types: { '9': ['t', 'domain', 16, 4294967295, 44] } }
  for (const document of [good, { ...good, since: '4294967295' }, { version: 1, since: '7' }])
    expect(new LogMemory(document).document).toEqual(document)
  for (const document of [{ ...good, version: 2 }, { version: 1, keys: 7, types: [] }, { keys: { '7': null } }, {}]) {
    expect(new LogMemory(document).document).toEqual({})
  }
  const damaged = { version: 1, keys: { '7': null, '8': ['x'], '9': ['x', [1]] }, types: { '9': ['t'], '10': null } }
  for (const document of [damaged, { ...damaged, since: '1; --' }, { version: 1, since: 7 }])
    expect(new LogMemory(document).document).toEqual({})
})

test('a memory keeps the newest thousand', () => {
  const memory = new LogMemory()
  const relation = { schema: 'public', name: 't', tellsKey: false, isDefault: false, isWhole: true, columns: [] }
  for (let oid = 1; oid <= 1500; oid++) memory.keepKey({ ...relation, oid }, ['id'])
  expect(memory.key(500)).toBeUndefined()
  expect(memory.key(501)?.names).toEqual(['id'])
  expect(Object.keys(Object(memory.document['keys']))).toHaveLength(1000)
})

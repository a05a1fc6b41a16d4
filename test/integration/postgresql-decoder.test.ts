import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../src/model/byte-writer.ts'
import type { ChangeEvent, LogEvent } from '../../src/model/log-event.ts'
import { makeNonce } from '../../src/model/nonce.ts'
import { type Row, SPAN_ABSENT, SPAN_NULL, type TableVersion } from '../../src/model/table.ts'
import { decodeAll, PgoutputLog } from '../support/pgoutput-log.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'

function changes(events: readonly LogEvent[]): ChangeEvent[] {
  return events.filter((event) => event.type === 'change')
}

/** A row's values as the JSON they are written as; null for NULL, the marks by name. */
function said(table: TableVersion, row: Row | null): Record<string, string | null> | null {
  if (row === null) return null
  const values: Record<string, string | null> = {}
  for (const [i, column] of table.columns.entries()) {
    const start = row.spans[2 * i] ?? SPAN_NULL
    const to = new ByteWriter(16)
    if (start === SPAN_ABSENT) continue
    values[column.name] = start === SPAN_NULL ? null : 'unavailable'
    if (start < 0) continue
    column.write(row.bytes, start, row.spans[2 * i + 1] ?? start, to)
    values[column.name] = to.take().toString('utf8')
  }
  return values
}

function sayAll(events: readonly LogEvent[]) {
  return changes(events).map(({ op, table, before, after }) => [op, said(table, before), said(table, after)])
}

function keyOf(event: ChangeEvent | undefined): string[] {
  return (event?.table.columns ?? []).filter((column) => column.key).map((column) => column.name)
}

describe.each(EVERY_VERSION)('the log of PostgreSQL %i', (version) => {
  const of = test.skipIf(postgresqlMissing(version) !== null)

  of('transactions come as begin, changes and a commit at its end_lsn', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: 'CREATE TABLE t (id int PRIMARY KEY, v text)',
    })
    const [before] = await log.session.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
    await log.session.query(`BEGIN; INSERT INTO t VALUES (1, 'a'), (2, NULL); UPDATE t SET v = 'ü"' WHERE id = 2;
      DELETE FROM t WHERE id = 1; UPDATE t SET id = 3 WHERE id = 2; COMMIT`)
    const messages = await log.messages()
    const events: LogEvent[] = []
    const decoder = log.decoder()
    for (const { lsn, data } of messages) await decoder.decode(data, 0, data.length, lsn, events)
    expect(events.map((event) => event.type)).toEqual(['begin', ...Array(5).fill('change'), 'commit'])
    expect(sayAll(events)).toEqual([
      ['c', null, { id: '1', v: '"a"' }],
      ['c', null, { id: '2', v: null }],
      ['u', null, { id: '2', v: '"ü\\""' }],
      ['d', { id: '1' }, null],
      ['u', { id: '2' }, { id: '3', v: '"ü\\""' }],
    ])
    const [begin] = events
    const commit = events.at(-1)
    if (begin?.type !== 'begin' || commit?.type !== 'commit') throw new Error('no transaction')
    expect(begin.transaction).toMatch(/^\d+$/)
    expect(Math.abs((begin.committedAtMs ?? 0) - Number(before?.['ms']))).toBeLessThan(60_000)
    const [row] = await log.session.query(
      `SELECT $1::pg_lsn > ('0/0'::pg_lsn + $2::numeric) AS after_rows,
      $1::pg_lsn <= pg_current_wal_lsn() AS written`,
      [String(commit.offset.position), changes(events).at(-1)?.position[0]],
    )
    expect(row).toEqual({ after_rows: true, written: true })
    expect(commit.offset).toMatchObject({ server: { timeline: '1' }, memory: {}, moved: { by: 'commit' } })
    await log.session.query(`INSERT INTO t VALUES (9, '')`)
    expect(sayAll(await log.events(decoder))).toEqual([['c', null, { id: '9', v: '""' }]])
  })

  of('the key is the replica identity, or the primary key where the identity is the whole row or nothing', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE whole (a int, b text, c int, PRIMARY KEY (c, a)); ALTER TABLE whole REPLICA IDENTITY FULL;
        CREATE TABLE none (a int); CREATE TABLE nothing (a int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
        CREATE TABLE indexed (a int PRIMARY KEY, b int NOT NULL UNIQUE); ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_b_key;
        CREATE TABLE covering (a int, b int, c int, PRIMARY KEY (c, a) INCLUDE (b)); ALTER TABLE covering REPLICA IDENTITY FULL;
        CREATE TABLE bare (a int); ALTER TABLE bare REPLICA IDENTITY FULL`,
    })
    await log.session.query(`INSERT INTO whole VALUES (1, 'x', 2); UPDATE whole SET b = NULL; DELETE FROM whole;
      INSERT INTO none VALUES (1); INSERT INTO nothing VALUES (1); INSERT INTO bare VALUES (1);
      INSERT INTO covering VALUES (1, 2, 3); INSERT INTO indexed VALUES (1, 2); UPDATE indexed SET b = 3`)
    const events = await log.events(log.decoder())
    const byName = (name: string) => changes(events).filter((event) => event.table.name === name)
    expect(keyOf(byName('whole')[0])).toEqual(['a', 'c'])
    expect(sayAll(byName('whole'))).toEqual([
      ['c', null, { a: '1', b: '"x"', c: '2' }],
      ['u', { a: '1', b: '"x"', c: '2' }, { a: '1', b: null, c: '2' }],
      ['d', { a: '1', b: null, c: '2' }, null],
    ])
    expect(keyOf(byName('covering')[0])).toEqual(['a', 'c'])
    expect(keyOf(byName('nothing')[0])).toEqual(['a'])
    for (const name of ['none', 'bare']) expect(keyOf(byName(name)[0])).toEqual([])
    expect(keyOf(byName('indexed')[0])).toEqual(['b'])
    expect(sayAll(byName('indexed'))[1]).toEqual(['u', { b: '2' }, { a: '1', b: '3' }])
  })

  of('a value out of line that did not change is unavailable, unless the old row has it', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE t (id int PRIMARY KEY, big text, n int); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
        CREATE TABLE f (id int PRIMARY KEY, big text, n int); ALTER TABLE f ALTER big SET STORAGE EXTERNAL; ALTER TABLE f REPLICA IDENTITY FULL`,
    })
    await log.session.query(`INSERT INTO t VALUES (1, repeat('x', 9000), 1); UPDATE t SET n = 2;
      INSERT INTO f VALUES (1, repeat('x', 9000), 1); UPDATE f SET n = 2`)
    const events = sayAll(await log.events(log.decoder()))
    const big = `"${'x'.repeat(9000)}"`
    expect(events[1]).toEqual(['u', null, { id: '1', big: 'unavailable', n: '2' }])
    expect(events[3]).toEqual(['u', { id: '1', big, n: '1' }, { id: '1', big, n: '2' }])
  })

  of('a changed table is a new version, reported once; the same description again is the same version', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before:
        'CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE f (id int PRIMARY KEY); ALTER TABLE f REPLICA IDENTITY FULL',
    })
    const decoder = log.decoder()
    await log.session.query(
      `INSERT INTO t VALUES (1, 'a'); ALTER TABLE t SET (fillfactor = 50); INSERT INTO t VALUES (2, 'b')`,
    )
    const messages = await log.messages()
    expect(messages.filter(({ data }) => data.toString('latin1', 0, 1) === 'R')).toHaveLength(2)
    const [first, same] = changes(await decodeAll(decoder, messages))
    expect(same?.table).toBe(first?.table)
    await log.session.query(`ALTER TABLE t ADD b int; INSERT INTO t VALUES (3, 'c', 7); ALTER TABLE t DROP a; ALTER TABLE t ALTER b TYPE int8;
      INSERT INTO t VALUES (4, 8); ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET b = 9 WHERE id = 4`)
    const events = await log.events(decoder)
    const tables = new Set(changes(events).map((event) => event.table))
    expect(tables.size).toBe(2)
    expect(sayAll(events).slice(-1)).toEqual([['u', { id: '4', b: '8' }, { id: '4', b: '9' }]])
    expect(keyOf(changes(events).at(-1))).toEqual(['id'])
    const details = { schema: 'public', table: 't', formerly: 'public.t', keyColumns: ['id'] }
    expect(events.filter((event) => event.type === 'notice')).toEqual([
      { type: 'notice', code: 'TABLE_CHANGED', details: { ...details, added: ['b'], dropped: [], retyped: [] } },
      {
        type: 'notice',
        code: 'TABLE_CHANGED',
        details: { ...details, added: [], dropped: ['a'], retyped: ['b'] },
      },
    ])
    await log.session.query('INSERT INTO f VALUES (1); ALTER TABLE f DROP CONSTRAINT f_pkey; INSERT INTO f VALUES (2)')
    await log.events(decoder)
    await log.session.query('ALTER TABLE f ADD UNIQUE (id); INSERT INTO f VALUES (3)')
    expect(keyOf(changes(await log.events(decoder)).at(-1))).toEqual([])
  })

  of('partitions by the root, generated columns, names of any kind', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE SCHEMA "größe.1"; CREATE TABLE "größe.1"."Die ""Tabelle"" 表" ("sp""alte" int PRIMARY KEY, "💡" text);
        CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
        CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)`,
      publication: 'CREATE PUBLICATION pub FOR ALL TABLES WITH (publish_via_partition_root = true)',
    })
    await log.session.query(`INSERT INTO "größe.1"."Die ""Tabelle"" 表" VALUES (1, '💡'); INSERT INTO p VALUES (1, 'a'), (11, 'b');
      UPDATE p SET id = 12 WHERE id = 1; INSERT INTO g VALUES (4); DELETE FROM g`)
    const events = changes(await log.events(log.decoder()))
    expect(events[0]?.table).toMatchObject({ schema: 'größe.1', name: 'Die "Tabelle" 表' })
    expect(sayAll(events)).toEqual([
      ['c', null, { 'sp"alte': '1', '💡': '"💡"' }],
      ['c', null, { id: '1', v: '"a"' }],
      ['c', null, { id: '11', v: '"b"' }],
      ['d', { id: '1' }, null],
      ['c', null, { id: '12', v: '"a"' }],
      ['c', null, { id: '4' }],
      ['d', { id: '4' }, null],
    ])
    expect(events.slice(1, 5).map((event) => event.table.name)).toEqual(['p', 'p', 'p', 'p'])
  })

  of('rows that are not watched leave begin and commit; truncates only where asked for', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before:
        'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)',
    })
    const isWatched = (_schema: string, table: string) => table !== 'b'
    const decoder = log.decoder({ isWatched, truncates: true })
    await log.session.query('BEGIN; INSERT INTO b VALUES (1); UPDATE b SET id = 2; DELETE FROM b; COMMIT')
    expect((await log.events(decoder)).map((event) => event.type)).toEqual(['begin', 'commit'])
    await log.session.query('INSERT INTO a VALUES (1); TRUNCATE a, b, c')
    const messages = await log.messages()
    const events: LogEvent[] = []
    for (const { lsn, data } of messages) await decoder.decode(data, 0, data.length, lsn, events)
    expect(changes(events).map(({ op, table }) => [op, table.name])).toEqual([
      ['c', 'a'],
      ['t', 'a'],
      ['t', 'c'],
    ])
    const quiet = log.decoder({ isWatched })
    const others: LogEvent[] = []
    for (const { lsn, data } of messages) await quiet.decode(data, 0, data.length, lsn, others)
    expect(changes(others)).toHaveLength(1)
  })

  of('the heartbeat row and a transactional message are pulses', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE SCHEMA s; CREATE TABLE s.beat (id int PRIMARY KEY, text text, last_update timestamp); INSERT INTO s.beat VALUES (1, 'test_heartbeat')`,
    })
    const nonce = makeNonce('shop', 'x1')
    const heartbeat = { schema: 's', table: 'beat', deliver: false }
    const decoder = log.decoder({ heartbeat })
    const beat = async (text: string) => await log.session.query('UPDATE s.beat SET text = $1 WHERE id = 1', [text])
    await beat(nonce)
    await beat('by a job')
    await beat(makeNonce('other', 'x1'))
    await log.session.query(`SELECT pg_logical_emit_message(true, 'offbeat', $1)`, [nonce])
    await log.session.query(`SELECT pg_logical_emit_message(false, 'offbeat', $1)`, [nonce])
    await log.session.query(`SELECT pg_logical_emit_message(true, 'another', $1)`, [nonce])
    const messages = await log.messages()
    const events: LogEvent[] = []
    for (const { lsn, data } of messages) await decoder.decode(data, 0, data.length, lsn, events)
    const pulses = events.filter((event) => event.type === 'pulse')
    expect(pulses.map((event) => event.nonce)).toEqual([nonce, null, null, nonce])
    expect(pulses[0]?.committedAtMs).toBe(events[0]?.type === 'begin' ? events[0].committedAtMs : 'none')
    expect(changes(events)).toEqual([])
    const delivering = log.decoder({ heartbeat: { ...heartbeat, deliver: true }, isWatched: () => false })
    const delivered: LogEvent[] = []
    for (const { lsn, data } of messages) await delivering.decode(data, 0, data.length, lsn, delivered)
    expect(delivered.map((event) => event.type).slice(0, 4)).toEqual(['begin', 'pulse', 'change', 'commit'])
  })

  of('a type or a table that is gone by the time it is read does no harm', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TYPE mood AS ENUM ('so "so"', 'well'); CREATE DOMAIN small AS int CHECK (VALUE < 10);
        CREATE DOMAIN smaller AS small; CREATE TABLE t (id int, m mood, ms mood[], d smaller, ds smaller[]); ALTER TABLE t REPLICA IDENTITY FULL`,
    })
    await log.session.query(`INSERT INTO t VALUES (1, 'so "so"', '{"so \\"so\\"",well}', 7, '{7,8}')`)
    const [live] = changes(await log.events(log.decoder()))
    if (live === undefined) throw new Error('no change')
    expect(said(live.table, live.after)).toEqual({
      id: '1',
      m: '"so \\"so\\""',
      ms: '["so \\"so\\"","well"]',
      d: '7',
      ds: '[7,8]',
    })
    expect(live.table.columns.map((column) => column.type)).toEqual([
      'int4',
      'public.mood',
      'public.mood[]',
      'public.smaller',
      'public.smaller[]',
    ])
    await log.session.query(
      `INSERT INTO t VALUES (2, 'well', '{well}', 8, '{7,8}'); DROP TABLE t; DROP TYPE mood; DROP DOMAIN smaller`,
    )
    const [gone] = changes(await log.events(log.decoder()))
    if (gone === undefined) throw new Error('no change')
    expect(said(gone.table, gone.after)).toEqual({ id: '2', m: '"well"', ms: '"{well}"', d: '8', ds: '"{7,8}"' })
    expect(keyOf(gone)).toEqual([])
  })
})

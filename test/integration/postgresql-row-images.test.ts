import { describe, expect, test } from 'vitest'
import { briefly, encodedMessages } from '../support/encoded-messages.ts'
import { PgoutputLog } from '../support/pgoutput-log.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'

const VIA_ROOT = 'CREATE PUBLICATION pub FOR ALL TABLES WITH (publish_via_partition_root = true)'

describe.each(EVERY_VERSION)('row images of PostgreSQL %i', (version) => {
  const of = test.skipIf(postgresqlMissing(version) !== null)

  of('through the root, an old row is read by the identity of the partition that wrote it', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE a (id int PRIMARY KEY, n int, note text) PARTITION BY RANGE (id); ALTER TABLE a REPLICA IDENTITY FULL;
        CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (100); ALTER TABLE a1 REPLICA IDENTITY FULL;
        CREATE TABLE a2 (note text, gone int, n int, id int NOT NULL); ALTER TABLE a2 DROP COLUMN gone;
        ALTER TABLE a ATTACH PARTITION a2 FOR VALUES FROM (100) TO (200);
        CREATE TABLE d (id int PRIMARY KEY, n int, note text) PARTITION BY RANGE (id);
        CREATE TABLE d1 PARTITION OF d FOR VALUES FROM (0) TO (100); ALTER TABLE d1 REPLICA IDENTITY FULL`,
      publication: VIA_ROOT,
    })
    await log.session.query(`INSERT INTO a VALUES (1, NULL, 'x'), (101, NULL, 'x');
      UPDATE a SET note = 'y' WHERE id = 101; UPDATE a SET id = 102 WHERE id = 101; DELETE FROM a WHERE id = 102;
      UPDATE a SET id = 2; DELETE FROM a;
      INSERT INTO d VALUES (1, NULL, 'x'); UPDATE d SET note = 'y'; DELETE FROM d`)
    const messages = encodedMessages(await log.events(log.decoder())).map(briefly)
    expect(messages).toEqual([
      ['c', { id: 1 }, null, { id: 1, n: null, note: 'x' }],
      ['c', { id: 101 }, null, { id: 101, n: null, note: 'x' }],
      ['u', { id: 101 }, null, { id: 101, n: null, note: 'y' }],
      ['d', { id: 101 }, { id: 101 }, null],
      ['c', { id: 102 }, null, { id: 102, n: null, note: 'y' }],
      ['d', { id: 102 }, { id: 102 }, null],
      ['d', { id: 1 }, { id: 1, n: null, note: 'x' }, null],
      ['c', { id: 2 }, null, { id: 2, n: null, note: 'x' }],
      ['d', { id: 2 }, { id: 2, n: null, note: 'x' }, null],
      ['c', { id: 1 }, null, { id: 1, n: null, note: 'x' }],
      ['u', { id: 1 }, { id: 1, n: null, note: 'x' }, { id: 1, n: null, note: 'y' }],
      ['d', { id: 1 }, { id: 1, n: null, note: 'y' }, null],
    ])
  })

  of('through the root, partitions of both kinds invent no NULL, and a key that was not logged is absent', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE a (id int PRIMARY KEY, code int NOT NULL, note text) PARTITION BY RANGE (id);
        CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (100); ALTER TABLE a1 REPLICA IDENTITY FULL;
        CREATE TABLE a2 PARTITION OF a FOR VALUES FROM (100) TO (200); CREATE UNIQUE INDEX a2_code ON a2 (code);
        ALTER TABLE a2 REPLICA IDENTITY USING INDEX a2_code`,
      publication: VIA_ROOT,
    })
    await log.session.query(`INSERT INTO a VALUES (1, 1, NULL), (101, 5, 'x'), (102, 6, 'y');
      UPDATE a SET code = 7 WHERE id = 101; DELETE FROM a WHERE id = 102; DELETE FROM a WHERE id = 1`)
    const events = await log.events(log.decoder())
    expect(encodedMessages(events).slice(3).map(briefly)).toEqual([
      ['u', { id: 101 }, { code: 5 }, { id: 101, code: 7, note: 'x' }],
      ['d', null, { code: 6 }, null],
      ['d', { id: 1 }, { id: 1, code: 1, note: null }, null],
    ])
    expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
      {
        code: 'POSTGRES_PARTITION_IDENTITY',
        details: {
          table: 'public.a2',
          root: 'public.a',
          missing: ['id'],
        },
        fix: [{ text: 'ALTER TABLE public.a2 REPLICA IDENTITY FULL' }],
      },
    ])
  })

  of('an identity that changes between rows holds from the row after it', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE a (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
        CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (100)`,
      publication: VIA_ROOT,
    })
    await log.session.query(`INSERT INTO a VALUES (1, NULL), (2, NULL); DELETE FROM a WHERE id = 1;
      ALTER TABLE a1 REPLICA IDENTITY FULL; DELETE FROM a`)
    expect(
      encodedMessages(await log.events(log.decoder()))
        .slice(2)
        .map(briefly),
    ).toEqual([
      ['d', { id: 1 }, { id: 1 }, null],
      ['d', { id: 2 }, { id: 2, note: null }, null],
    ])
  })

  of('an update that leaves the key as it was has no `before`, also where the log has the old key', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: `CREATE TABLE keyed (id text PRIMARY KEY, n int); ALTER TABLE keyed ALTER id SET STORAGE EXTERNAL;
        CREATE TABLE other (id numeric PRIMARY KEY, n int)`,
    })
    await log.session.query(`INSERT INTO keyed SELECT string_agg(md5(g::text), ''), 1 FROM generate_series(1, 70) g; UPDATE keyed SET n = 2;
      INSERT INTO other VALUES (1, 1); UPDATE other SET n = 2; UPDATE other SET id = 2`)
    const messages = encodedMessages(await log.events(log.decoder()))
    const [, update] = messages.filter(({ table }) => table === 'keyed')
    expect(update).toMatchObject({ op: 'u', before: null, after: { n: 2 } })
    expect(String(update?.key?.['id'])).toHaveLength(70 * 32)
    expect(messages.filter(({ table }) => table === 'other').map(briefly)).toEqual([
      ['c', { id: '1' }, null, { id: '1', n: 1 }],
      ['u', { id: '1' }, null, { id: '1', n: 2 }],
      ['d', { id: '1' }, { id: '1' }, null],
      ['c', { id: '2' }, null, { id: '2', n: 2 }],
    ])
  })

  of('a commit time of infinity, or of a year that no date holds, is null', async () => {
    await using log = await PgoutputLog.open(await sharedPostgresql(version), {
      before: 'CREATE TABLE t (id int PRIMARY KEY)',
    })
    const origin = `dec_${log.database.slice(-8)}`
    await log.session.query(`SELECT pg_replication_origin_create($1)`, [origin])
    await log.session.query(`SELECT pg_replication_origin_session_setup($1)`, [origin])
    try {
      for (const [id, time] of [
        'infinity',
        '-infinity',
        '294000-01-01',
        '4000-01-01 BC',
        '2020-01-01 00:00:00.5+00',
      ].entries()) {
        await log.session.query(
          `BEGIN; SELECT pg_replication_origin_xact_setup('0/1', '${time}'); INSERT INTO t VALUES (${id}); COMMIT`,
        )
      }
    } finally {
      await log.session.query(`SELECT pg_replication_origin_session_reset()`)
      await log.session.query(`SELECT pg_replication_origin_drop($1)`, [origin])
    }
    const times = encodedMessages(await log.events(log.decoder())).map(({ committedAtMs }) => committedAtMs)
    expect(times).toEqual([
      null,
      null,
      null,
      Date.parse('-003999-01-01T00:00:00Z'),
      Date.parse('2020-01-01T00:00:00.500Z'),
    ])
  })
})

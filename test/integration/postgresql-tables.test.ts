import { describe, expect, test } from 'vitest'
import { Capture } from '../support/captured-tables.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('tables', () => {
    test('are watched by name and by pattern, less what is excluded', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE SCHEMA sales; CREATE SCHEMA other;
        CREATE TABLE public.orders (id int PRIMARY KEY); CREATE TABLE other.orders (id int PRIMARY KEY);
        CREATE TABLE sales.bill (id int PRIMARY KEY); CREATE TABLE sales.bill_secret (id int PRIMARY KEY);
        CREATE TABLE public.line_1 (id int PRIMARY KEY); CREATE TABLE public.line (id int PRIMARY KEY);
        CREATE PUBLICATION everything FOR ALL TABLES`)
      const tables = ['public.orders', 'sales.*', 'line_*']
      await using capture = await Capture.of(database, {
        publication: 'everything',
        tables,
        exclude: ['sales.*_secret'],
      })
      await database.query(`
        INSERT INTO sales.bill_secret VALUES (1); INSERT INTO public.orders VALUES (2); INSERT INTO other.orders VALUES (3);
        INSERT INTO sales.bill VALUES (4); INSERT INTO public.line VALUES (5); INSERT INTO public.line_1 VALUES (6);
        INSERT INTO item VALUES (7)`)
      await capture.toHead()
      expect(capture.messages().map(({ topic, key }) => [topic, key])).toEqual([
        ['shop.public.orders', { id: 2 }],
        ['shop.sales.bill', { id: 4 }],
        ['shop.public.line_1', { id: 6 }],
      ])
    })

    test('have quoted and non-ASCII names: the envelope has them exactly, the topic its own letters', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE SCHEMA "Mein Schema";
        CREATE TABLE "Mein Schema"."Größe ""x"".1" ("Schlüssel, ""id""" int PRIMARY KEY, "日本 \\ 語" text);
        CREATE TABLE "Mein Schema"."*" (id int PRIMARY KEY);
        CREATE TABLE "Mein Schema"."🙂" (id int PRIMARY KEY);
        CREATE PUBLICATION "Meine Publikation, '1'" FOR ALL TABLES`)
      await using capture = await Capture.of(database, {
        publication: `Meine Publikation, '1'`,
        tables: ['"Mein Schema"."Größe ""x"".1"', 'Mein Schema.🙂'],
      })
      await database.query(`
        INSERT INTO "Mein Schema"."Größe ""x"".1" VALUES (1, 'ü');
        INSERT INTO "Mein Schema"."*" VALUES (2);
        INSERT INTO "Mein Schema"."🙂" VALUES (3)`)
      await capture.toHead()
      const [first, second, ...rest] = capture.messages()
      expect(rest).toEqual([])
      expect(first).toMatchObject({
        topic: 'shop.Mein_u20Schema.Gr_uf6_udfe_u20_u22x_u22_u2e1',
        key: { 'Schlüssel, "id"': 1 },
        value: {
          after: { 'Schlüssel, "id"': 1, '日本 \\ 語': 'ü' },
          source: { schema: 'Mein Schema', table: 'Größe "x".1' },
        },
      })
      expect(second).toMatchObject({
        topic: 'shop.Mein_u20Schema._u1f642',
        key: { id: 3 },
        value: { source: { table: '🙂' } },
      })
    })

    test('that are partitioned come as their partitions, or as the root where the publication says so', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE TABLE measure (id int, part int, note text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
        CREATE TABLE measure_1 PARTITION OF measure FOR VALUES IN (1);
        CREATE TABLE measure_2 PARTITION OF measure FOR VALUES IN (2) PARTITION BY LIST (id);
        CREATE TABLE measure_2_7 PARTITION OF measure_2 FOR VALUES IN (7);
        CREATE PUBLICATION by_leaf FOR TABLE measure;
        CREATE PUBLICATION by_root FOR TABLE measure WITH (publish_via_partition_root = true)`)
      const { slot } = database.config
      await using byLeaf = await Capture.of(database, { publication: 'by_leaf', tables: ['measure*'] })
      await using byRoot = await Capture.of(database, {
        publication: 'by_root',
        slot: `${slot}_r`.slice(-63),
        tables: ['measure'],
      })
      await database.query(`
        INSERT INTO measure VALUES (7, 1, 'a'), (7, 2, 'b');
        UPDATE measure SET note = 'c' WHERE part = 2;
        UPDATE measure SET part = 2 WHERE part = 1 AND false;
        DELETE FROM measure WHERE part = 2;
        UPDATE measure SET part = 2`)
      await byLeaf.toHead()
      await byRoot.toHead()
      const ops = (capture: Capture) =>
        capture.messages().map(({ topic, key, value }) => [topic, value.op, key?.['part'], value.source['table']])
      expect(ops(byLeaf)).toEqual([
        ['shop.public.measure_1', 'c', 1, 'measure_1'],
        ['shop.public.measure_2_7', 'c', 2, 'measure_2_7'],
        ['shop.public.measure_2_7', 'u', 2, 'measure_2_7'],
        ['shop.public.measure_2_7', 'd', 2, 'measure_2_7'],
        ['shop.public.measure_1', 'd', 1, 'measure_1'],
        ['shop.public.measure_2_7', 'c', 2, 'measure_2_7'],
      ])
      expect(ops(byRoot)).toEqual([
        ['shop.public.measure', 'c', 1, 'measure'],
        ['shop.public.measure', 'c', 2, 'measure'],
        ['shop.public.measure', 'u', 2, 'measure'],
        ['shop.public.measure', 'd', 2, 'measure'],
        ['shop.public.measure', 'd', 1, 'measure'],
        ['shop.public.measure', 'c', 2, 'measure'],
      ])
      for (const { log } of [byLeaf, byRoot])
        for (const code of ['POSTGRES_TABLE_NOT_PUBLISHED', 'POSTGRES_PARTITION_NOT_WATCHED'])
          expect(log.withCode(code)).toEqual([])
    })

    test('that are partitioned and watched by a name under which no row comes are said at start', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE TABLE measure (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE measure_1 PARTITION OF measure FOR VALUES IN (1);
        CREATE TABLE "Whole" (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE whole_1 PARTITION OF "Whole" FOR VALUES IN (1);
        CREATE PUBLICATION by_leaf FOR TABLE measure;
        CREATE PUBLICATION by_root FOR TABLE "Whole" WITH (publish_via_partition_root = true)`)
      await using root = await Capture.of(database, { publication: 'by_leaf', tables: ['measure'] })
      expect(root.log.withCode('POSTGRES_PARTITION_NOT_WATCHED')).toMatchObject([
        {
          table: 'public.measure',
          found: expect.stringContaining('under the names of its partitions'),
          fix: [
            { text: 'ALTER PUBLICATION by_leaf SET (publish_via_partition_root = true)' },
            { in: 'alternative', text: 'add to `tables`: public.measure_1' },
          ],
        },
      ])
      const slot = `${database.config.slot}_r`.slice(-63)
      await using leaf = await Capture.of(database, { publication: 'by_root', tables: ['whole_1'], slot })
      expect(leaf.log.withCode('POSTGRES_PARTITION_NOT_WATCHED')).toMatchObject([
        {
          table: 'public.whole_1',
          found: expect.stringContaining('public."Whole"'),
          fix: [
            { text: 'ALTER PUBLICATION by_root SET (publish_via_partition_root = false)' },
            { in: 'alternative', text: 'add to `tables`: public.Whole' },
          ],
        },
      ])
    })

    test('without a primary key have no key; what cannot be updated says the server', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE TABLE whole (id int, note text); ALTER TABLE whole REPLICA IDENTITY FULL;
        CREATE TABLE nothing (id int, note text); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
        CREATE TABLE standard (id int, note text);
        CREATE TABLE keyed_nothing (id int PRIMARY KEY, note text); ALTER TABLE keyed_nothing REPLICA IDENTITY NOTHING;
        CREATE TABLE keyed_whole (id int PRIMARY KEY, note text); ALTER TABLE keyed_whole REPLICA IDENTITY FULL;
        CREATE PUBLICATION everything FOR ALL TABLES`)
      await using capture = await Capture.of(database, { publication: 'everything' })
      for (const table of ['whole', 'nothing', 'standard', 'keyed_nothing', 'keyed_whole'])
        await database.query(`INSERT INTO ${table} VALUES (1, 'a')`)
      for (const table of ['nothing', 'standard', 'keyed_nothing'])
        for (const change of [`UPDATE ${table} SET note = 'b'`, `DELETE FROM ${table}`])
          await expect(database.query(change)).rejects.toMatchObject({ code: '55000' })
      for (const table of ['whole', 'keyed_whole'])
        await database.query(`UPDATE ${table} SET note = 'b'; DELETE FROM ${table}`)
      await capture.toHead()
      const [old, young] = [
        { id: 1, note: 'a' },
        { id: 1, note: 'b' },
      ]
      const lives = (topic: string, key: unknown) => [
        { topic, key, op: 'c', before: null, after: old },
        { topic, key, op: 'u', before: old, after: young },
        { topic, key, op: 'd', before: young, after: null },
      ]
      expect(capture.changes('shop.public.whole')).toEqual(lives('shop.public.whole', null))
      expect(capture.changes('shop.public.keyed_whole')).toEqual(lives('shop.public.keyed_whole', { id: 1 }))
      for (const table of ['nothing', 'standard'])
        expect(capture.changes(`shop.public.${table}`)).toEqual([
          { topic: `shop.public.${table}`, key: null, op: 'c', before: null, after: old },
        ])
      expect(capture.changes('shop.public.keyed_nothing')).toMatchObject([{ key: { id: 1 }, after: old }])
    })

    test('whose replica identity is an index have its columns as key', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE TABLE by_index (a int NOT NULL, b int NOT NULL, note text);
        CREATE UNIQUE INDEX by_index_key ON by_index (b, a);
        ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_key;
        CREATE TABLE beside_key (id int PRIMARY KEY, code text NOT NULL UNIQUE, note text);
        ALTER TABLE beside_key REPLICA IDENTITY USING INDEX beside_key_code_key;
        CREATE PUBLICATION everything FOR ALL TABLES`)
      await using capture = await Capture.of(database, { publication: 'everything' })
      await database.query(`
        INSERT INTO by_index VALUES (1, 2, 'x'); UPDATE by_index SET note = 'y'; UPDATE by_index SET b = 3; DELETE FROM by_index;
        INSERT INTO beside_key VALUES (1, 'c', 'x'); DELETE FROM beside_key`)
      await capture.toHead()
      expect(capture.changes('shop.public.by_index')).toMatchObject([
        { op: 'c', key: { a: 1, b: 2 }, before: null },
        { op: 'u', key: { a: 1, b: 2 }, before: null, after: { a: 1, b: 2, note: 'y' } },
        { op: 'd', key: { a: 1, b: 2 }, before: { a: 1, b: 2 }, after: null },
        { op: 'c', key: { a: 1, b: 3 }, before: null, after: { a: 1, b: 3, note: 'y' } },
        { op: 'd', key: { a: 1, b: 3 }, before: { a: 1, b: 3 }, after: null },
      ])
      expect(capture.changes('shop.public.beside_key')).toMatchObject([
        { op: 'c', key: { code: 'c' } },
        { op: 'd', key: { code: 'c' }, before: { code: 'c' } },
      ])
    })

    test('lose no old key: an update that changes it is a delete and a create, also with values out of line', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const toast = "(SELECT string_agg(md5(g::text), '') FROM generate_series(1, 1000) g)"
      const [large] = await database.query(`SELECT ${toast} AS value`)
      await database.query(`
        CREATE TABLE part (id int PRIMARY KEY, note text, large text);
        ALTER TABLE part ALTER large SET STORAGE EXTERNAL;
        CREATE TABLE whole (LIKE part INCLUDING ALL); ALTER TABLE whole REPLICA IDENTITY FULL;
        CREATE PUBLICATION several FOR TABLE part, whole`)
      await using capture = await Capture.of(database, { publication: 'several' })
      for (const table of ['part', 'whole'])
        await database.query(`INSERT INTO ${table} VALUES (1, 'a', ${toast}); UPDATE ${table} SET note = 'b';
          UPDATE ${table} SET id = 2; UPDATE ${table} SET large = NULL`)
      await capture.toHead()
      const unavailable = '__debezium_unavailable_value'
      const value = large?.['value']
      expect(capture.changes('shop.public.part')).toEqual([
        { topic: 'shop.public.part', key: { id: 1 }, op: 'c', before: null, after: { id: 1, note: 'a', large: value } },
        {
          topic: 'shop.public.part',
          key: { id: 1 },
          op: 'u',
          before: null,
          after: { id: 1, note: 'b', large: unavailable },
        },
        { topic: 'shop.public.part', key: { id: 1 }, op: 'd', before: { id: 1 }, after: null },
        {
          topic: 'shop.public.part',
          key: { id: 2 },
          op: 'c',
          before: null,
          after: { id: 2, note: 'b', large: unavailable },
        },
        { topic: 'shop.public.part', key: { id: 2 }, op: 'u', before: null, after: { id: 2, note: 'b', large: null } },
      ])
      expect(capture.changes('shop.public.whole').slice(1)).toMatchObject([
        { op: 'u', before: { note: 'a', large: value }, after: { note: 'b', large: value } },
        { op: 'd', key: { id: 1 }, before: { id: 1, note: 'b', large: value } },
        { op: 'c', key: { id: 2 }, before: null, after: { id: 2, note: 'b', large: value } },
        { op: 'u', key: { id: 2 }, before: { large: value }, after: { large: null } },
      ])
    })

    test('that are truncated say so where it is asked for, one message a watched table', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(
        'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int)',
      )
      await database.query('CREATE PUBLICATION several FOR TABLE a, b, c')
      const about = { publication: 'several', exclude: ['c'] }
      await using quiet = await Capture.of(database, about)
      const slot = `${database.config.slot}_t`.slice(-63)
      await using loud = await Capture.of(database, { ...about, slot, truncates: true })
      await database.query('INSERT INTO a VALUES (1); TRUNCATE a, b, c')
      for (const capture of [quiet, loud]) await capture.toHead()
      expect(quiet.messages().map(({ value }) => value.op)).toEqual(['c'])
      expect(loud.changes().slice(1)).toEqual([
        { topic: 'shop.public.a', key: null, op: 't', before: null, after: null },
        { topic: 'shop.public.b', key: null, op: 't', before: null, after: null },
      ])
    })

    test('have topics of their own in any script, also where names differ in no letter of A-Z', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const tables = ['заказ', 'товар', '订单', '客户', 'é', 'a b', 'a.b', 'a_b']
      for (const name of tables) await database.query(`CREATE TABLE "${name}" (id int PRIMARY KEY)`)
      await database.query('CREATE PUBLICATION everything FOR ALL TABLES')
      await using capture = await Capture.of(database, { publication: 'everything', exclude: ['item'] })
      for (const [i, name] of tables.entries()) await database.query(`INSERT INTO "${name}" VALUES (${i})`)
      await capture.toHead()
      expect(capture.messages().map(({ topic, value }) => [value.source['table'], topic])).toEqual([
        ['заказ', 'shop.public._u437_u430_u43a_u430_u437'],
        ['товар', 'shop.public._u442_u43e_u432_u430_u440'],
        ['订单', 'shop.public._u8ba2_u5355'],
        ['客户', 'shop.public._u5ba2_u6237'],
        ['é', 'shop.public._ue9'],
        ['a b', 'shop.public.a_u20b'],
        ['a.b', 'shop.public.a_u2eb'],
        ['a_b', 'shop.public.a_b'],
      ])
    })

    test('that would share a topic are refused, both by their names', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query('CREATE TABLE "a b" (id int PRIMARY KEY); CREATE TABLE a_u20b (id int PRIMARY KEY)')
      await database.query('CREATE PUBLICATION several FOR TABLE "a b"')
      await using capture = await Capture.of(database, { publication: 'several' })
      await database.query('INSERT INTO "a b" VALUES (1)')
      await capture.toHead()
      await database.query('ALTER PUBLICATION several ADD TABLE a_u20b')
      await database.query('INSERT INTO "a b" VALUES (2)')
      await expect(capture.toHead()).rejects.toMatchObject({
        code: 'TOPIC_CLASH',
        kind: 'configuration',
        found: expect.stringMatching(/public\.a b and .*public\.a_u20b/u),
      })
      expect(capture.messages().map(({ key }) => key)).toEqual([{ id: 1 }])
    })

    test('that the publication lacks, and a pattern that fits none, are said at start with the statement', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query('CREATE TABLE "Forgotten" (id int PRIMARY KEY); CREATE TABLE spare (id int PRIMARY KEY)')
      await using capture = await Capture.of(database, {
        tables: ['public.*', 'sales.*'],
        exclude: ['spare', 'nobody', 'publik.spare'],
      })
      expect(capture.log.withCode('POSTGRES_TABLE_NOT_PUBLISHED')).toMatchObject([
        {
          tables: ['public."Forgotten"'],
          publication: 'streamkap_pub',
          fix: [{ text: 'ALTER PUBLICATION streamkap_pub ADD TABLE public."Forgotten"' }],
        },
      ])
      expect(capture.log.withCode('TABLE_PATTERN_UNUSED').map(({ pattern }) => pattern)).toEqual([
        'sales.*',
        'nobody',
        'publik.spare',
      ])
      expect(capture.log.withCode('TABLE_PATTERN_UNUSED').map(({ meant }) => meant)).toEqual([
        undefined,
        undefined,
        'public.spare',
      ])
    })
  })
})

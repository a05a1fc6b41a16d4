import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { DEFAULT_MODES } from '../../src/sources/postgresql/values/postgresql-modes.ts'
import { messageJsonSchema } from '../../tools/message-json-schema.ts'
import { Capture, type CapturedMessage } from '../support/captured-tables.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { openShop } from '../support/shop.ts'

const OPTIONS = { ...DEFAULT_MODES, tombstonesOnDelete: true, provideTransactionMetadata: true } as const

function sequenceOf({ value }: CapturedMessage): bigint[] {
  return JSON.parse(String(value.source['sequence'])).map(BigInt)
}

describe('the envelope of changes on PostgreSQL', () => {
  test('has the commit time to its microsecond, and a sequence that puts all changes in order', async () => {
    const server = await sharedPostgresql()
    await using database = await watchedDatabase(server)
    await database.query('CREATE TABLE t (id int PRIMARY KEY, n int); CREATE PUBLICATION p FOR TABLE t')
    await using capture = await Capture.of(database, { publication: 'p' })
    await database.query('INSERT INTO t SELECT n, n FROM generate_series(1, 3) AS n')
    await database.query('UPDATE t SET n = 0 WHERE id = 2')
    await capture.toHead()
    await database.query('DELETE FROM t WHERE id < 3')
    await capture.toHead()
    const messages = capture.messages()
    expect(messages.map(({ value }) => value.op)).toEqual(['c', 'c', 'c', 'u', 'd', 'd'])
    const sequences = messages.map(sequenceOf)
    const sorted = sequences.toSorted((a, b) => {
      const [[a0 = 0n, a1 = 0n], [b0 = 0n, b1 = 0n]] = [a, b]
      return a0 === b0 ? Number(a1 - b1) : Number(a0 - b0)
    })
    expect(sequences).toEqual(sorted)
    for (const { value } of messages) {
      const { ts_ms, ts_us, ts_ns, lsn, sequence, xmin } = value.source
      expect(Math.floor(Number(ts_us) / 1000)).toBe(ts_ms)
      expect(Number(ts_ns)).toBe(Number(ts_us) * 1000)
      expect(sequence).toMatch(new RegExp(`^\\["[0-9]+","${lsn}"\\]$`, 'u'))
      expect(xmin).toBeNull()
      expect(value).toMatchObject({ transaction: null })
    }
    const micros = new Set(messages.map(({ value }) => Number(value.source['ts_us']) % 1000))
    expect([...micros].some((rest) => rest > 0)).toBe(true)
  })

  test('with its options has tombstones and tells the two messages of a changed key apart', async () => {
    await using database = await watchedDatabase(await sharedPostgresql())
    await database.query('CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t')
    await using capture = await Capture.of(database, { publication: 'p', envelope: OPTIONS })
    await database.query('INSERT INTO t VALUES (1); UPDATE t SET id = 2; DELETE FROM t')
    await capture.toHead()
    const found = capture.messages()
    expect(found.map(({ key, value }) => [key?.['id'], value?.op ?? null])).toEqual([
      [1, 'c'],
      [1, 'd'],
      [1, null],
      [2, 'c'],
      [2, 'd'],
      [2, null],
    ])
    const orders = found.flatMap(({ value }) => (value === null ? [] : [value.transaction]))
    expect(orders.map((order) => order?.total_order)).toEqual([1, 2, 3, 4])
    expect(new Set(orders.map((order) => order?.id)).size).toBe(1)
  })
})

describe('decimals', () => {
  const TABLE = `CREATE DOMAIN price AS numeric(10,2);
    CREATE TABLE t (id int PRIMARY KEY, n numeric, n10 numeric(10,2), n5 numeric(5), n30 numeric(30,10), p price, a numeric[], a10 numeric(10,2)[]);
    CREATE PUBLICATION p FOR TABLE t`
  const ROWS = `INSERT INTO t VALUES
    (1, 1.50, 12.5, 7, 1234567890.0123456789, 5.5, '{1.5,NULL,-2}', '{1.50}'),
    (2, -1234567890123456789012345678901234567890.123, -0.01, -12345, -0.0000000001, 0, '{}', '{{1,2},{3,4}}'),
    (3, 0, 0, 0, 0, 0, NULL, NULL),
    (4, 1e30, 128, 255, 256, NULL, NULL, NULL),
    (5, 100, 127, 32768, NULL, NULL, NULL, NULL),
    (6, 'NaN', 'NaN', NULL, NULL, NULL, NULL, NULL)`
  /** As Debezium 3.6.3's PostgreSQL connector wrote these very rows, but for the nested array, which it gives as nulls. */
  const PRECISE = [
    { id: 1, n: { scale: 1, value: 'Dw==' }, n10: 'BOI=', n5: 'Bw==', n30: 'AKtUqYyo5NUV', p: 'AiY=' },
    { id: 2, n: { scale: 3, value: '8dPuWTQGpM/2nUAqmupZvbs1' }, n10: '/w==', n5: 'z8c=', n30: '/w==', p: 'AA==' },
    { id: 3, n: { scale: 0, value: 'AA==' }, n10: 'AA==', n5: 'AA==', n30: 'AA==', p: 'AA==' },
    { id: 4, n: { scale: 0, value: 'DJ8snNBGdO3qQAAAAA==' }, n10: 'MgA=', n5: 'AP8=', n30: 'AlQL5AAA', p: null },
    { id: 5, n: { scale: 0, value: 'ZA==' }, n10: 'MZw=', n5: 'AIAA', n30: null, p: null },
    { id: 6, n: null, n10: null },
  ]
  const ARRAYS = { a: [{ scale: 1, value: 'Dw==' }, null, { scale: 0, value: '/g==' }], a10: ['AJY='] }

  async function rowsWritten(decimalHandlingMode: 'string' | 'double' | 'precise') {
    await using database = await watchedDatabase(await sharedPostgresql())
    await database.query(TABLE)
    await using capture = await Capture.of(database, {
      publication: 'p',
      envelope: { ...OPTIONS, decimalHandlingMode },
    })
    await database.query(ROWS)
    await capture.toHead()
    return capture.messages().map(({ value }) => value.after)
  }

  test('precise: as Debezium writes the same rows', async () => {
    const rows = await rowsWritten('precise')
    expect(rows).toMatchObject(PRECISE)
    expect(rows[0]).toMatchObject(ARRAYS)
    expect(rows[1]?.['a10']).toEqual([
      ['ZA==', 'AMg='],
      ['ASw=', 'AZA='],
    ])
  })

  test('double: numbers; string: every digit', async () => {
    const doubles = await rowsWritten('double')
    expect(doubles[0]).toEqual({
      id: 1,
      n: 1.5,
      n10: 12.5,
      n5: 7,
      n30: 1234567890.0123458,
      p: 5.5,
      a: [1.5, null, -2],
      a10: [1.5],
    })
    expect(doubles[1]).toMatchObject({ n: -1.2345678901234568e39, n30: -1e-10 })
    expect(doubles[5]).toMatchObject({ n: 'NaN', n10: 'NaN' })
    const texts = await rowsWritten('string')
    expect(texts[1]).toMatchObject({ n: '-1234567890123456789012345678901234567890.123', n30: '-0.0000000001' })
    expect(texts[0]).toMatchObject({ p: '5.50', a: ['1.5', null, '-2'], a10: ['1.50'] })
  })
})

describe('the JSON Schema of messages', () => {
  const file = new URL('../../schema/message.schema.json', import.meta.url)

  test('is what schema/message.schema.json says (npm run docs)', () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(messageJsonSchema())))
  })

  test('fits every line of a real run: changes of many types, a heartbeat, a tombstone', async () => {
    await using shop = await openShop(await sharedPostgresql())
    const envelope = { tombstonesOnDelete: true, provideTransactionMetadata: true }
    const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot, truncates: true, envelope }
    const sink = { kind: 'stdout' }
    writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop: entry }, sink }))
    const cwd = shop.folder.path
    await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd })
    await shop.sql(`
      CREATE TABLE "many типов" (id bigint PRIMARY KEY, n numeric, t timestamptz, d date, i interval, j jsonb, b bytea, a int[], u uuid);
      CREATE TABLE keyless (x text)`)
    await shop.sql(`INSERT INTO "many типов" VALUES (9007199254740993, 'NaN', 'infinity', '0044-03-15 BC', '1 mon', '{"a":[1]}', '\\x00', '{1,NULL}',
      gen_random_uuid())`)
    await shop.sql('INSERT INTO "many типов" VALUES (2)')
    await shop.sql(
      `INSERT INTO keyless VALUES ('x'); UPDATE "many типов" SET id = 3 WHERE id = 2; UPDATE "many типов" SET n = 1`,
    )
    await shop.sql('DELETE FROM "many типов"; TRUNCATE keyless')
    const run = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd })
    expect(run.code, run.stderr).toBe(0)
    const ajv = new Ajv2020({ strict: false })
    const fits = ajv.compile(JSON.parse(readFileSync(file, 'utf8')))
    const lines = run.stdout.trimEnd().split('\n')
    for (const line of lines) expect(fits(JSON.parse(line)), `${line} ${ajv.errorsText(fits.errors)}`).toBe(true)
    const ops = new Set(lines.map((line) => JSON.parse(line).value?.op ?? 'tombstone'))
    expect(ops).toEqual(new Set(['c', 'd', 'heartbeat', 't', 'tombstone', 'u']))
    const broken = JSON.parse(lines[0] ?? '')
    for (const wrong of [
      { ...broken, value: { ...broken.value, op: 'x' } },
      { ...broken, topic: 'ü' },
    ])
      expect(fits(wrong)).toBe(false)
  })
})

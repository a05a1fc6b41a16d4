import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { type AuditedShop, openAuditedShop } from '../support/audited-shop.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { waitFor } from '../support/wait-for.ts'

/** Each with what the envelope of its change must show, null for what is no change. Keys as text: a number of 64 bits stays exact. */
const STEPS: readonly (readonly [statement: string, key: string | null, after: string | null])[] = [
  ["INSERT INTO thing VALUES (1, 'a', 10)", '{"id":1}', '{"id":1,"name":"a","size":10}'],
  ['ALTER TABLE thing ADD COLUMN note text', null, null],
  ["INSERT INTO thing VALUES (2, 'b', 20, 'new')", '{"id":2}', '{"id":2,"name":"b","size":20,"note":"new"}'],
  ["UPDATE thing SET name = 'a2' WHERE id = 1", '{"id":1}', '{"id":1,"name":"a2","size":10,"note":null}'],
  ['ALTER TABLE thing DROP COLUMN name', null, null],
  ["INSERT INTO thing VALUES (3, 30, 'x')", '{"id":3}', '{"id":3,"size":30,"note":"x"}'],
  ['ALTER TABLE thing RENAME COLUMN note TO remark', null, null],
  ["INSERT INTO thing VALUES (4, 40, 'y')", '{"id":4}', '{"id":4,"size":40,"remark":"y"}'],
  ['ALTER TABLE thing ALTER COLUMN size TYPE numeric', null, null],
  ["INSERT INTO thing VALUES (5, 50.50, 'z')", '{"id":5}', '{"id":5,"size":"50.50","remark":"z"}'],
  ['ALTER TABLE thing ALTER COLUMN size TYPE text', null, null],
  ["INSERT INTO thing VALUES (6, 'sixty', 'q')", '{"id":6}', '{"id":6,"size":"sixty","remark":"q"}'],
  // Two columns of one type are swapped.
  ['ALTER TABLE thing RENAME COLUMN size TO was; ALTER TABLE thing RENAME COLUMN remark TO size', null, null],
  ["INSERT INTO thing VALUES (7, 'w', 's')", '{"id":7}', '{"id":7,"was":"w","size":"s"}'],
  ['ALTER TABLE thing DROP CONSTRAINT thing_pkey; ALTER TABLE thing ADD PRIMARY KEY (id, was)', null, null],
  ["INSERT INTO thing VALUES (8, 'v', 't')", '{"id":8,"was":"v"}', '{"id":8,"was":"v","size":"t"}'],
  ["CREATE TYPE mood AS ENUM ('glad'); ALTER TABLE thing ADD COLUMN mood mood", null, null],
  [
    "INSERT INTO thing VALUES (9, 'u', 'r', 'glad')",
    '{"id":9,"was":"u"}',
    '{"id":9,"was":"u","size":"r","mood":"glad"}',
  ],
  ['ALTER TABLE thing RENAME TO matter', null, null],
  [
    "INSERT INTO matter VALUES (10, 't', 'p', 'glad')",
    '{"id":10,"was":"t"}',
    '{"id":10,"was":"t","size":"p","mood":"glad"}',
  ],
  ['DROP TABLE matter; CREATE TABLE thing (name text, id bigint PRIMARY KEY)', null, null],
  [
    "INSERT INTO thing VALUES ('again', 9007199254740993)",
    '{"id":9007199254740993}',
    '{"name":"again","id":9007199254740993}',
  ],
]

/** Those that drop the table and create it again. */
const LAST_TABLE_STEPS = 2

const EXPECTED = STEPS.flatMap(([, key, after]) => (key === null ? [] : [`${key} ${after}`]))

/** Key and row of each message, as the bytes that were delivered say them. */
function rows(path: string): readonly string[] {
  using db = new DatabaseSync(path, { readOnly: true, timeout: 60_000 })
  const messages = db.prepare(
    `SELECT key, value FROM message WHERE topic IN ('shop.public.thing', 'shop.public.matter') AND value IS NOT NULL ORDER BY seq`,
  )
  return messages.all().map(({ key, value }) => `${key} ${/"after":(\{[^}]*\})/u.exec(String(value))?.[1]}`)
}

async function prepare(audited: AuditedShop): Promise<void> {
  await audited.shop.sql('CREATE TABLE thing (id int PRIMARY KEY, name text, size int)')
  await catchUp(audited)
}

async function catchUp(audited: AuditedShop): Promise<void> {
  const { code, stderr } = await runOffbeat(['run', '--until', 'head'], { cwd: audited.shop.folder.path })
  expect(code, stderr).toBe(0)
}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('tables that change, PostgreSQL %d', (version) => {
  test('while we read, each row is delivered with the columns that it had', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql(version))
    await prepare(audited)
    await using running = runningOffbeat(['run'], { cwd: audited.shop.folder.path })
    await running.output(/reads all tables/u)
    for (const [statement] of STEPS) await audited.shop.sql(statement)
    await waitFor({ until: 'all rows are there' }, () => rows(audited.storePath).length >= EXPECTED.length)
    expect(rows(audited.storePath)).toEqual(EXPECTED)
    proven(context, {
      fault: 'tables altered, renamed, dropped and created again while Offbeat reads',
      verdict: null,
      result: 'each row is delivered with the columns that it had',
    })
  })

  test('while we were away, the table still there as it is now: each row is delivered with the columns that it had', async () => {
    await using audited = await openAuditedShop(await sharedPostgresql(version))
    await prepare(audited)
    for (const [statement] of STEPS.slice(0, -LAST_TABLE_STEPS)) await audited.shop.sql(statement)
    await catchUp(audited)
    expect(rows(audited.storePath)).toEqual(EXPECTED.slice(0, -1))
  })

  test('while we were away, the table dropped since, and all of it again in one transaction', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql(version))
    await prepare(audited)
    for (const [statement] of STEPS) await audited.shop.sql(statement)
    await audited.shop.sql(
      'DROP TABLE thing; CREATE TABLE thing (id int PRIMARY KEY, name text, size int); DROP TYPE mood',
    )
    await audited.shop.sql(`BEGIN; ${STEPS.map(([statement]) => statement).join('; ')}; COMMIT`)
    await catchUp(audited)
    expect(rows(audited.storePath)).toEqual([...EXPECTED, ...EXPECTED])
    proven(context, {
      fault: 'the same while Offbeat is stopped, the table dropped since',
      verdict: null,
      result: 'each row is delivered with the columns that it had',
    })
  })
})

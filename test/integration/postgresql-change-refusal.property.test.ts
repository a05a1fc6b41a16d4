import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChangeRefusal, readRefusals } from '../../src/sources/postgresql/tables/change-refusal.ts'
import { connectReadOnly } from '../support/connect-read-only.ts'
import { environment } from '../support/environment.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import type { PostgresClient } from '../support/postgresql-query.ts'
import { type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'

const soak = environment['OFFBEAT_SOAK'] === '1'
/** A batch is one catalogue; its tables are asked about at once. */
const BATCHES = soak ? 100 : 3
const TABLES_IN_BATCH = 40

interface Plan {
  readonly key: 'none' | 'id' | 'deferrable' | 'with n' | 'with generated'
  readonly identity: 'DEFAULT' | 'FULL' | 'NOTHING' | 'index' | 'index dropped'
  readonly shape: 'plain' | 'partition' | 'deep partition' | 'child'
  readonly generated: boolean
  readonly virtual: boolean
  /** Of the table that is published, not of its partitions. */
  readonly rootIdentity: 'DEFAULT' | 'FULL' | 'NOTHING'
  readonly list: 'none' | 'id' | 'n' | 'id, n' | 'id, code, n'
  readonly filter: 'none' | 'id > 0' | 'n > 0'
  readonly through: 'root' | 'leaf' | 'none'
  readonly publication: number
}

const plan: fc.Arbitrary<Plan> = fc.record({
  key: fc.constantFrom('none', 'id', 'deferrable', 'with n', 'with generated'),
  identity: fc.constantFrom('DEFAULT', 'FULL', 'NOTHING', 'index', 'index dropped'),
  shape: fc.constantFrom('plain', 'partition', 'deep partition', 'child'),
  generated: fc.boolean(),
  virtual: fc.boolean(),
  rootIdentity: fc.constantFrom('DEFAULT', 'FULL', 'NOTHING'),
  list: fc.constantFrom('none', 'none', 'id', 'n', 'id, n', 'id, code, n'),
  filter: fc.constantFrom('none', 'none', 'id > 0', 'n > 0'),
  through: fc.constantFrom('root', 'leaf', 'none'),
  publication: fc.nat(5),
})

const PUBLICATIONS: readonly string[] = [
  '',
  "publish = 'insert'",
  "publish = 'insert, update, truncate'",
  'publish_via_partition_root',
  "publish_via_partition_root, publish = 'insert, delete'",
  'publish_generated_columns = stored',
]

/** Its key has a generated column, and its row filter a column that is not in the key: publishing the column is not enough. */
const TWO_REASONS: Plan = {
  key: 'with generated',
  identity: 'DEFAULT',
  shape: 'partition',
  generated: false,
  virtual: false,
  rootIdentity: 'NOTHING',
  list: 'none',
  filter: 'n > 0',
  through: 'leaf',
  publication: 3,
}

function publications(version: number): readonly string[] {
  return version >= 18 ? PUBLICATIONS : PUBLICATIONS.slice(0, -1)
}

function columns({ generated, virtual, key }: Plan, version: number): string {
  const isGenerated = generated || key === 'with generated'
  return [
    'id int NOT NULL, code int NOT NULL, n int',
    ...(isGenerated ? ['g int GENERATED ALWAYS AS (code + 1) STORED NOT NULL'] : []),
    ...(virtual && version >= 18 ? ['v int GENERATED ALWAYS AS (code + 2) VIRTUAL'] : []),
  ].join(', ')
}

const KEYS: Readonly<Record<Plan['key'], string>> = {
  none: '',
  id: ', PRIMARY KEY (id)',
  deferrable: ', PRIMARY KEY (id) DEFERRABLE',
  'with n': ', PRIMARY KEY (id, code)',
  'with generated': ', PRIMARY KEY (id, g)',
}

/** The statements that create the table `t<i>`, whose rows are in `leaf`. */
function creation(i: number, about: Plan, version: number): { readonly leaf: string; readonly sql: readonly string[] } {
  const table = `${columns(about, version)}${KEYS[about.key]}`
  if (about.shape === 'plain') return { leaf: `t${i}`, sql: [`CREATE TABLE t${i} (${table})`] }
  if (about.shape === 'child')
    return {
      leaf: `t${i}_c`,
      sql: [
        `CREATE TABLE t${i} (${columns(about, version)})`,
        `CREATE TABLE t${i}_c (${KEYS[about.key].slice(2)}) INHERITS (t${i})`,
      ],
    }
  const root = [`CREATE TABLE t${i} (${table}) PARTITION BY RANGE (id)`]
  const of = (name: string, parent: string, by = '') =>
    `CREATE TABLE ${name} PARTITION OF ${parent} FOR VALUES FROM (0) TO (10)${by}`
  if (about.shape === 'partition') return { leaf: `t${i}_p`, sql: [...root, of(`t${i}_p`, `t${i}`)] }
  return {
    leaf: `t${i}_q`,
    sql: [...root, of(`t${i}_p`, `t${i}`, ' PARTITION BY RANGE (id)'), of(`t${i}_q`, `t${i}_p`)],
  }
}

function identity(leaf: string, about: Plan): readonly string[] {
  if (about.identity !== 'index' && about.identity !== 'index dropped')
    return [`ALTER TABLE ${leaf} REPLICA IDENTITY ${about.identity}`]
  return [
    `CREATE UNIQUE INDEX ${leaf}_i ON ${leaf} (code)`,
    `ALTER TABLE ${leaf} REPLICA IDENTITY USING INDEX ${leaf}_i`,
    ...(about.identity === 'index dropped' ? [`DROP INDEX ${leaf}_i`] : []),
  ]
}

/** False: the server does not have what the statement asks for, and nothing of it is there. */
async function tried(client: PostgresClient, sql: readonly string[]): Promise<boolean> {
  await client.query('SAVEPOINT before')
  try {
    for (const one of sql) await client.query(one)
    return true
  } catch {
    await client.query('ROLLBACK TO before')
    return false
  }
}

/** Whether the server refuses to change the row. */
async function refused(client: PostgresClient, sql: string): Promise<boolean> {
  await client.query('SAVEPOINT change')
  const done = await client.query(sql).then(
    () => null,
    (error: unknown) => error,
  )
  await client.query('ROLLBACK TO change')
  if (done === null) return false
  if (done instanceof Error && 'code' in done && (done.code === '55000' || done.code === '42P10')) return true
  throw done
}

interface Published {
  /** The table with the row. */
  readonly leaf: string
  readonly publication: string
  readonly about: Plan
}

/** null: the server does not have such a table, or does not publish it so. */
async function publish(client: PostgresClient, i: number, about: Plan, version: number): Promise<Published | null> {
  if (about.through === 'none') return null
  const { leaf, sql } = creation(i, about, version)
  if (!(await tried(client, [...sql, ...identity(leaf, about)]))) return null
  if (leaf !== `t${i}`) await client.query(`ALTER TABLE t${i} REPLICA IDENTITY ${about.rootIdentity}`)
  const publication = `p${about.publication % publications(version).length}`
  const entry = about.through === 'leaf' ? leaf : `t${i}`
  const list = about.list === 'none' || version < 15 ? '' : ` (${about.list})`
  const filter = about.filter === 'none' || version < 15 ? '' : ` WHERE (${about.filter})`
  if (!(await tried(client, [`ALTER PUBLICATION ${publication} ADD TABLE ${entry}${list}${filter}`]))) return null
  await client.query(`INSERT INTO ${leaf} (id, code, n) VALUES (1, 1, 1)`)
  return { leaf, publication, about }
}

/** What we say of each table in each publication, by `publication leaf`. */
async function said({ config }: WatchedDatabase, version: number): Promise<ReadonlyMap<string, ChangeRefusal>> {
  const { signal } = new AbortController()
  await using connection = await connectReadOnly(config, 'shop', signal)
  const all = new Map<string, ChangeRefusal>()
  for (const [i] of publications(version).entries())
    for (const { name, refusal } of await readRefusals(connection, `p${i}`, { signal }))
      all.set(`p${i} ${name}`, refusal)
  return all
}

async function compare(client: PostgresClient, { leaf, publication, about }: Published, refusal: ChangeRefusal | null) {
  const changes = [`UPDATE ${leaf} SET n = 2`, `DELETE FROM ${leaf}`]
  const answers: boolean[] = []
  for (const change of changes) answers.push(await refused(client, change))
  expect(refusal !== null, `${leaf} in ${publication}, ${JSON.stringify({ about, refusal })}`).toBe(
    answers.includes(true),
  )
  if (refusal === null || refusal.fix === null) return
  await client.query('SAVEPOINT fix')
  await client.query(refusal.fix)
  for (const change of changes) {
    expect(await refused(client, change), `${change} after ${refusal.fix}: ${JSON.stringify(about)}`).toBe(false)
  }
  await client.query('ROLLBACK TO fix')
}

/** How many tables were compared. */
async function batch(client: PostgresClient, database: WatchedDatabase, plans: readonly Plan[], version: number) {
  await client.query('DROP SCHEMA IF EXISTS batch CASCADE; CREATE SCHEMA batch; SET search_path = batch; BEGIN')
  const all: Published[] = []
  for (const [i, about] of plans.entries()) {
    const published = await publish(client, i, about, version)
    if (published !== null) all.push(published)
  }
  await client.query('COMMIT')
  const refusals = await said(database, version)
  await client.query('BEGIN')
  for (const one of all) await compare(client, one, refusals.get(`${one.publication} ${one.leaf}`) ?? null)
  await client.query('COMMIT')
  return all.length
}

describe.each(EVERY_VERSION)('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    'refuses changes of a published table exactly where we say that it does, and accepts them after the fix',
    async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using client = await database.server.connect(database.name)
      for (const [i, settings] of publications(version).entries())
        await client.query(`CREATE PUBLICATION p${i}${settings === '' ? '' : ` WITH (${settings})`}`)
      let compared = 0
      await fc.assert(
        fc.asyncProperty(fc.array(plan, { minLength: TABLES_IN_BATCH, maxLength: TABLES_IN_BATCH }), async (plans) => {
          compared += await batch(client, database, plans, version)
        }),
        { numRuns: BATCHES, endOnFailure: true, examples: [[[TWO_REASONS]]] },
      )
      expect(compared).toBeGreaterThan((BATCHES * TABLES_IN_BATCH) / 5)
    },
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../src/model/byte-writer.ts'
import { PgoutputLog } from '../support/pgoutput-log.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { castText } from '../support/postgresql-cast.ts'
import type { PostgresClient } from '../support/postgresql-query.ts'
import { GENERATED, NO_INPUT, SAMPLES } from '../support/postgresql-samples.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'

interface ListedType {
  readonly name: string
  readonly sql: string
  readonly element: string
  readonly isArray: boolean
  readonly hasEquality: boolean
}

const OWN_TYPES = `
  CREATE TYPE mood AS ENUM ('sad', 'so "so"', 'größe, {x}', '');
  CREATE TYPE pair AS (a int, b text);
  CREATE TYPE textrange AS RANGE (subtype = text, collation = "C");
  CREATE DOMAIN positive AS int8 CHECK (VALUE > 0);
  CREATE DOMAIN more_positive AS positive CHECK (VALUE > 1);
  CREATE DOMAIN numbers AS int4[];
  CREATE DOMAIN moment AS timestamptz;`

/** Every type that a column can have: what the server brings (pseudo-types and the rows of its own catalogs left out), and ours. */
const LIST_SQL = `
  SELECT t.typname AS name, format_type(t.oid, NULL) AS sql, coalesce(e.typname, t.typname) AS element, e.oid IS NOT NULL AS is_array,
    EXISTS (SELECT FROM pg_opclass WHERE opcdefault AND opcmethod = 403 AND opcintype = o.oid)
      OR o.typtype IN ('e', 'r', 'm') AS has_equality
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type e ON e.typarray = t.oid
  JOIN pg_type o ON o.oid = CASE WHEN coalesce(e.typtype, t.typtype) = 'd' THEN coalesce(e.typbasetype, t.typbasetype) ELSE coalesce(e.oid, t.oid) END
  WHERE t.typisdefined AND t.typtype <> 'p' AND coalesce(e.typtype, '') <> 'p'
    AND (n.nspname = 'public' AND t.typname NOT LIKE 't\\_%' AND t.typname NOT LIKE '\\_t\\_%'
      OR n.nspname IN ('pg_catalog', 'information_schema')
        AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid IN (t.typrelid, e.typrelid)))
  ORDER BY t.oid`

async function listTypes(session: PostgresClient): Promise<ListedType[]> {
  const rows = await session.query(LIST_SQL)
  return rows.map((row) => ({
    name: String(row['name']),
    sql: String(row['sql']),
    element: String(row['element']),
    isArray: row['is_array'] === true,
    hasEquality: row['has_equality'] === true,
  }))
}

/** Texts in the input form of the type. */
function valuesOf(type: ListedType, seed: number): readonly string[] {
  const samples = SAMPLES[type.element]
  if (samples === undefined) throw new Error(`no samples for the type ${type.element}: add some`)
  const generated = GENERATED[type.element]
  const scalars = generated === undefined ? samples : [...samples, ...fc.sample(generated, { numRuns: 60, seed })]
  if (!type.isArray) return scalars
  const arrays = arraysOf(scalars, type.element === 'box' ? ';' : ',')
  // As JSON, more dimensions of arrays of arrays cannot be told apart.
  return type.element === 'numbers' ? arrays.slice(0, 3) : arrays
}

/** Arrays over all of the scalars, with NULLs, more dimensions, no elements and other bounds. */
function arraysOf(scalars: readonly string[], delimiter: string): string[] {
  const quoted = scalars.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`)
  const [first = '', last = ''] = [quoted[0], quoted.at(-1)]
  const list = (items: readonly string[]) => `{${items.join(delimiter)}}`
  return [
    '{}',
    list(quoted),
    list(['NULL', ...quoted.slice(0, 2), 'NULL']),
    list([list([first, 'NULL']), list([last, first])]),
    list([list([list([first]), list([last])])]),
    `[3:4]=${list([first, last])}`,
    `[0:0][2:3]=${list([list([first, last])])}`,
  ]
}

/** One table a type; what each message says is cast back by the server and compared with what is stored. */
async function mismatches(log: PgoutputLog, type: ListedType, table: string): Promise<unknown[]> {
  const said = await whatMessagesSay(log, table)
  const equal = type.hasEquality ? 's.v IS NOT DISTINCT FROM c.v' : 'true'
  const insert = `WITH said AS MATERIALIZED (SELECT id, text::${type.sql} AS v FROM unnest($1::int[], $2::text[]) AS said (id, text))
    SELECT s.id, s.v::text AS stored, c.v::text AS said FROM ${table} s FULL JOIN said c ON c.id = s.id
    WHERE s.v::text IS DISTINCT FROM c.v::text OR NOT (${equal})`
  return await log.session.query(insert, [[...said.keys()], [...said.values()]])
}

const sayings = new WeakMap<PgoutputLog, Map<string, Map<number, string | null>>>()

async function whatMessagesSay(log: PgoutputLog, table: string): Promise<Map<number, string | null>> {
  const all = sayings.get(log) ?? (await readSayings(log))
  sayings.set(log, all)
  return all.get(table) ?? new Map()
}

async function readSayings(log: PgoutputLog): Promise<Map<string, Map<number, string | null>>> {
  const tables = new Map<string, Map<number, string | null>>()
  for (const event of await log.events(log.decoder())) {
    if (event.type !== 'change' || event.after === null) continue
    const [id = 0, idEnd = 0, start = -1, end = -1] = event.after.spans
    const bytes = Buffer.from(event.after.bytes.subarray(id, idEnd))
    const to = new ByteWriter(64)
    if (start >= 0) event.table.columns[1]?.write(event.after.bytes, start, end, to)
    const json = start >= 0 ? to.take().toString('utf8') : 'null'
    const rows = tables.get(event.table.name) ?? new Map<number, string | null>()
    tables.set(event.table.name, rows)
    rows.set(Number(bytes.toString('latin1')), castText(json, event.table.columns[1]?.type ?? ''))
  }
  return tables
}

function createTable(type: ListedType, i: number): string {
  return `CREATE TABLE t_${i} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v ${type.sql})`
}

async function fillTable(session: PostgresClient, type: ListedType, table: string, seed: number): Promise<number> {
  const source = NO_INPUT[type.element]
  if (source !== undefined) {
    await session.query(
      `INSERT INTO ${table} (v) SELECT ${type.isArray ? `NULL::${type.sql}` : source} UNION ALL SELECT NULL`,
    )
    return 0
  }
  const texts = valuesOf(type, seed)
  await session.query(`INSERT INTO ${table} (v) SELECT unnest($1::text[])::${type.sql}`, [texts])
  await session.query(`INSERT INTO ${table} (v) VALUES (NULL)`)
  return texts.length
}

const seed = Number(process.env['OFFBEAT_SEED'] ?? Date.now() % 1_000_000)

describe.each(OLD_AND_NEW)('types of PostgreSQL %i', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    `what a message says of each type, cast back by the server, is what is stored (seed ${seed})`,
    async () => {
      let types: readonly ListedType[] = []
      await using log = await PgoutputLog.open(await sharedPostgresql(version), {
        before: async (session) => {
          await session.query(OWN_TYPES)
          types = await listTypes(session)
          await session.query(types.map(createTable).join(';'))
        },
      })
      expect(types.length).toBeGreaterThan(150)
      let values = 0
      const refused: unknown[] = []
      for (const [i, type] of types.entries()) {
        values += await fillTable(log.session, type, `t_${i}`, seed).catch((e: unknown) =>
          refused.push([type.name, String(e)]),
        )
      }
      expect(refused).toEqual([])
      expect(values).toBeGreaterThan(2500)
      const wrong: unknown[] = []
      for (const [i, type] of types.entries()) {
        if (NO_INPUT[type.element] !== undefined) expect((await whatMessagesSay(log, `t_${i}`)).size).toBeGreaterThan(0)
        else wrong.push(...(await mismatches(log, type, `t_${i}`)).map((row) => ({ type: type.name, row })))
      }
      expect(wrong).toEqual([])
    },
  )
})

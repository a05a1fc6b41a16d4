import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { valueText } from '../support/binlog-reading.ts'
import { soaking } from '../support/environment.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import type { MysqlClient } from '../support/mysql-query.ts'
import { type SampledType, sampledTypes } from '../support/mysql-samples.ts'
import { EVERY_MYSQL_LOG, mysqlServerKind } from '../support/mysql-versions.ts'

const SEED = 7
const LEAST_METADATA = { mysql: 'MINIMAL', mariadb: 'NO_LOG' } as const

function valuesOf({ values, generated }: SampledType, generates: boolean): readonly string[] {
  if (generated === undefined || !generates) return values
  return [...values, ...fc.sample(generated, { numRuns: soaking ? 2000 : 40, seed: SEED })]
}

async function fill(session: MysqlClient, type: SampledType, table: string, generates: boolean): Promise<void> {
  await session.query(`CREATE TABLE ${table} (id int auto_increment primary key, v ${type.sql})`)
  for (const value of valuesOf(type, generates))
    await session.query(`INSERT IGNORE INTO ${table} (v) VALUES (${value})`)
}

function contentOf(json: string): string {
  const value: unknown = JSON.parse(json)
  return typeof value === 'string' ? value : json
}

/** What the rows of a table say, by id: null for NULL. */
type Sayings = Map<number, string | null>

async function sayings(log: MysqlLog): Promise<Map<string, Sayings>> {
  const tables = new Map<string, Sayings>()
  for (const event of await log.events()) {
    if (event.type !== 'change' || event.after === null) continue
    const rows = tables.get(event.table.name) ?? new Map<number, string | null>()
    tables.set(event.table.name, rows)
    const json = valueText(event.table, event.after, 1)
    rows.set(
      Number(valueText(event.table, event.after, 0)),
      json === 'null' && (event.after.spans[2] ?? -1) < 0 ? null : json,
    )
  }
  return tables
}

async function stored(session: MysqlClient, table: string, text: string): Promise<Sayings> {
  const rows = await session.query(`SELECT id, ${text} AS v FROM ${table}`)
  return new Map(rows.map((row) => [Number(row['id']), row['v'] === null ? null : String(row['v'])]))
}

/** The rows whose message is not what the server has. */
async function mismatches(log: MysqlLog, type: SampledType, table: string, said: Sayings): Promise<unknown[]> {
  const isFloat = /^(float|double)/u.test(type.sql)
  const expected = await stored(log.session, table, type.text ?? 'CAST(v AS CHAR)')
  expect(said.size, type.sql).toBe(expected.size)
  const wrong: unknown[] = []
  for (const [id, value] of expected) {
    const json = said.get(id) ?? null
    const shown = json === null ? null : (type.said ?? contentOf)(json)
    if (isFloat ? !(await sameFloat(log.session, type, table, id, shown)) : shown !== value)
      wrong.push({ type: type.sql, value, shown })
  }
  return wrong
}

/** Stored once more, the message's number is the same to the server. */
async function sameFloat(session: MysqlClient, { sql }: SampledType, table: string, id: number, shown: string | null) {
  await session.query(`CREATE TEMPORARY TABLE said (v ${sql}); INSERT INTO said VALUES (${shown})`)
  const [row] = await session.query(`SELECT s.v <=> t.v AS same FROM said s, ${table} t WHERE t.id = ${id}`)
  await session.query('DROP TEMPORARY TABLE said')
  return Number(row?.['same']) === 1
}

/** Every type in a table of its own: the values whose message is not what the server has. */
async function wrongValues(server: MysqlServer, generates: boolean): Promise<unknown[]> {
  await using log = await MysqlLog.open(server, await server.createDatabase())
  const types = sampledTypes(server)
  for (const [i, type] of types.entries()) await fill(log.session, type, `t_${i}`, generates)
  const said = await sayings(log)
  const wrong: unknown[] = []
  for (const [i, type] of types.entries()) {
    wrong.push(...(await mismatches(log, type, `t_${i}`, said.get(`t_${i}`) ?? new Map())))
  }
  return wrong
}

describe.each(EVERY_MYSQL_LOG)('%s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)('every type is in the message as the server has it', async () => {
    await using server = await startMysql({ version })
    expect(await wrongValues(server, true)).toEqual([])
  })

  // The log of MySQL 5.6 never does.
  test.skipIf(absent || version === 'mysql-5.6')(
    'every type is exact too where the log does not name columns and collations',
    async () => {
      await using server = await startMysql({
        version,
        settings: { binlog_row_metadata: LEAST_METADATA[mysqlServerKind(version).product] },
      })
      expect(await wrongValues(server, false)).toEqual([])
    },
  )
})

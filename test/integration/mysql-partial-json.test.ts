import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { LogEvent } from '../../src/model/log-event.ts'
import { EVENT } from '../../src/sources/mysql/decode/framing/event-type.ts'
import { valueText } from '../support/binlog-reading.ts'
import { soaking } from '../support/environment.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { seededRandom } from '../support/seeded-random.ts'

const UPDATES = soaking ? 4000 : 250
const LONG = 'x'.repeat(300)
const FIRST = `{"a": {"b": [1, [2, 3], {"c": "${LONG}"}], "é\\"q": 1.5}, "n": 18446744073709551615, "list": [], "s": "${LONG}"}`

/** Random changes that the server can log as changes, and some that it logs as whole documents. */
function randomUpdate(random: () => number): string {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] ?? (of[0] as T)
  const values = [
    '1',
    '-70000',
    '9223372036854775807',
    '1.25',
    "'text'",
    `'${LONG}'`,
    'NULL',
    'true',
    'CAST(\'[1, {"x": null}, "ü"]\' AS JSON)',
    'CAST(12.345 AS DECIMAL(8,3))',
    "CAST('2020-01-02 03:04:05.678901' AS DATETIME(6))",
    "JSON_OBJECT('k', 1, 'longer key', JSON_ARRAY(1, 2), '', 0)",
  ]
  const paths = ['$.a', '$.a.b[0]', '$.a.b[1][1]', '$.a.b[9]', '$.list[0]', '$.list[2]', '$.new', '$."new key"']
  const more = ['$.a."é\\\\"q"', '$.a.b[2].c', '$.s', '$.n', '$.a.z', '$."日本"', '$.list']
  const path = () => pick([...paths, ...more])
  const column = pick(['j', 'j', 'j', 'k'])
  const call = pick(['JSON_SET', 'JSON_SET', 'JSON_REPLACE', 'JSON_REMOVE'])
  const args =
    call === 'JSON_REMOVE' ? `'${path()}', '${path()}'` : `'${path()}', ${pick(values)}, '${path()}', ${pick(values)}`
  const other = pick(['', '', ", note = 'changed'", ', note = NULL', ", k = '[]'"])
  const both = column === 'j' ? other : ''
  return `UPDATE t SET ${column} = ${call}(${column}, ${args})${both} WHERE id ${pick(['= 1', '= 2', '> 0'])}`
}

/** The documents of the new rows, by transaction. */
function newDocuments(events: readonly LogEvent[]): unknown[][] {
  const transactions: unknown[][] = []
  for (const event of events) {
    if (event.type === 'begin') transactions.push([])
    if (event.type !== 'change' || event.after === null || event.op !== 'u') continue
    const { table, after } = event
    const texts = table.columns.map((_, i): unknown => JSON.parse(valueText(table, after, i)))
    transactions.at(-1)?.push(texts)
  }
  return transactions.filter((changes) => changes.length > 0)
}

function countPartial(path: string): number {
  const bytes = readFileSync(path)
  let count = 0
  for (let at = 4; at < bytes.length; at += bytes.readUInt32LE(at + 9)) {
    if (bytes[at + 4] === EVENT.PARTIAL_UPDATE_ROWS) count++
  }
  return count
}

const versions = EVERY_MYSQL.filter((version) => mysqlServerKind(version).product === 'mysql')

describe.each(versions)('%s with PARTIAL_JSON', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent).each(['FULL', 'NOBLOB'])(
    'changes of documents give the documents that the server has, with the row image %s',
    async (image) => {
      await using server = await startMysql({ version })
      const database = await server.createDatabase()
      await using log = await MysqlLog.open(server, database)
      await log.session.query('CREATE TABLE t (id int PRIMARY KEY, note varchar(20), j json, m int, k json)')
      await log.session.query(
        `INSERT INTO t VALUES (1, '', '${FIRST.replaceAll('\\', '\\\\')}', 1, '{}'), (2, 'n', '[]', 2, NULL)`,
      )
      await log.session.query(`SET SESSION binlog_row_value_options = 'PARTIAL_JSON', binlog_row_image = '${image}'`)
      const path = await log.newFile()
      const random = seededRandom(5)
      const stored: unknown[][] = []
      for (let i = 0; i < UPDATES; i++) {
        if (i % 40 === 39) await log.session.query(`UPDATE t SET j = '${FIRST.replaceAll('\\', '\\\\')}', k = '{}'`)
        const before = await documents()
        await log.session.query(randomUpdate(random))
        const after = await documents()
        const changed = after.filter((row, at) => JSON.stringify(row) !== JSON.stringify(before[at]))
        if (changed.length > 0) stored.push(changed)
        if (i % 40 === 39) stored.pop()
      }
      async function documents(): Promise<unknown[]> {
        const rows = await log.session.query('SELECT id, note, CAST(j AS CHAR) AS j, m, CAST(k AS CHAR) AS k FROM t')
        return rows.map((row) => [row['id'], row['note'], row['j'], row['m'], row['k']])
      }
      const isWatched = (db: string) => db === database
      await log.newFile()
      const given = newDocuments(await log.eventsIn(path, { isWatched })).flat()
      expect(countPartial(path)).toBeGreaterThan(UPDATES / 5)
      // The log has the documents of every update, also of those that reset them.
      let at = 0
      for (const row of stored.flat()) {
        const found = given.findIndex((one, i) => i >= at && JSON.stringify(one) === JSON.stringify(row))
        expect(found, JSON.stringify({ row, next: given.slice(at, at + 3) })).toBeGreaterThanOrEqual(at)
        at = found + 1
      }
    },
  )

  test.skipIf(absent)('changes without the old document stop it, with the setting that writes them', async () => {
    await using server = await startMysql({ version })
    const database = await server.createDatabase()
    await using log = await MysqlLog.open(server, database)
    await log.session.query(`CREATE TABLE t (id int primary key, j json); INSERT INTO t VALUES (1, '{"a": "${LONG}"}')`)
    await log.session.query("SET SESSION binlog_row_value_options = 'PARTIAL_JSON', binlog_row_image = 'MINIMAL'")
    const path = await log.newFile()
    await log.session.query("UPDATE t SET j = JSON_SET(j, '$.a', 'y')")
    await log.newFile()
    await expect(log.eventsIn(path, { isWatched: (db) => db === database })).rejects.toMatchObject({
      code: 'MYSQL_EVENT_UNSUPPORTED',
      message: expect.stringContaining('binlog_row_image'),
      fix: [{ in: 'database', text: 'SET GLOBAL binlog_row_value_options = DEFAULT' }],
    })
  })
})

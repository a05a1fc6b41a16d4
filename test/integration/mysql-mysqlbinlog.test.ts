import { describe, expect, test } from 'vitest'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { sampledTypes } from '../support/mysql-samples.ts'
import { EVERY_MYSQL_LOG, mysqlServerKind } from '../support/mysql-versions.ts'
import { differences, MARIADB_BINLOG, MYSQLBINLOG, printedRows } from '../support/mysqlbinlog.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** Types that the programs do not print, or print without decoding. */
const NOT_PRINTED = /compressed|vector|geometry|point|polygon/u

/** Every type in one row, changed at random with all row images. */
async function writeRows(server: MysqlServer, log: MysqlLog, seed: number): Promise<void> {
  const { session } = log
  const types = sampledTypes(server).filter(({ sql }) => !NOT_PRINTED.test(sql))
  const random = seededRandom(seed)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] ?? (of[0] as T)
  const half = Math.ceil(types.length / 2)
  const tables = [types.slice(0, half), types.slice(half)]
  for (const [t, columns] of tables.entries())
    await session.query(
      `CREATE TABLE t${t} (id int PRIMARY KEY, ${columns.map(({ sql }, i) => `c${i} ${sql}`).join(', ')}) CHARACTER SET utf8mb4`,
    )
  await log.newFile()
  for (let step = 0; step < 60; step++) {
    if (step % 5 === 0) await session.query(`SET SESSION binlog_row_image = '${pick(['FULL', 'MINIMAL', 'NOBLOB'])}'`)
    const t = pick([0, 1])
    const columns = tables[t] ?? []
    const row = () => columns.map(({ values }) => pick(['NULL', ...values])).join(', ')
    const set = columns.flatMap(({ values }, i) => (random() < 0.2 ? [`c${i} = ${pick([...values, 'NULL'])}`] : []))
    const id = Math.floor(random() * 20)
    await session.query(
      pick([
        `REPLACE INTO t${t} VALUES (${id}, ${row()}), (${id + 1}, ${row()})`,
        `REPLACE INTO t${t} VALUES (${id}, ${row()})`,
        `UPDATE IGNORE t${t} SET ${[...set, 'id = id'].join(', ')} WHERE id >= ${id}`,
        `DELETE FROM t${t} WHERE id = ${id}`,
      ]),
    )
  }
}

describe.each(EVERY_MYSQL_LOG)('the program that reads the log of %s', (version) => {
  const isMysql = mysqlServerKind(version).product === 'mysql'

  test.skipIf(mysqlMissing(version) !== null)('finds the rows that we find, of every type and row image', async () => {
    await using server = await startMysql({ version, settings: { max_allowed_packet: '64M' } })
    await using log = await MysqlLog.open(server, await server.createDatabase())
    await log.session.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
    await writeRows(server, log, 3)
    const path = await log.currentFile()
    await log.newFile()
    const changes = (await log.eventsIn(path)).filter((event) => event.type === 'change' && event.op !== 't')
    const { rows, isWhole } = await printedRows(isMysql ? MYSQLBINLOG : MARIADB_BINLOG, path)
    expect(isWhole).toBe(true)
    expect(rows.length).toBeGreaterThan(60)
    expect(changes).toHaveLength(rows.length)
    const wrong = changes.flatMap((change, i) => {
      const row = rows[i]
      return row === undefined || change.type !== 'change' ? ['missing'] : differences(change, row)
    })
    expect(wrong.slice(0, 20)).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { EVERY_MYSQL_LOG, mysqlServerKind } from '../support/mysql-versions.ts'
import { differences, MARIADB_BINLOG, MYSQLBINLOG, printedRows } from '../support/mysqlbinlog.ts'
import { writeSampledRows } from '../support/sampled-rows.ts'

/** Types that the programs do not print, or print without decoding. */
const NOT_PRINTED = /compressed|vector|geometry|point|polygon/u

describe.each(EVERY_MYSQL_LOG)('the program that reads the log of %s', (version) => {
  const isMysql = mysqlServerKind(version).product === 'mysql'

  test.skipIf(mysqlMissing(version) !== null)('finds the rows that we find, of every type and row image', async () => {
    await using server = await startMysql({ version, settings: { max_allowed_packet: '64M' } })
    await using log = await MysqlLog.open(server, await server.createDatabase())
    await log.session.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
    const path = await writeSampledRows(server, log, { seed: 3, without: NOT_PRINTED })
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

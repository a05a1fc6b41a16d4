import { describe, expect, test } from 'vitest'
import { MARIADB } from '../../src/sources/mysql/definition.ts'
import { Capture } from '../support/captured-tables.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'

/** MariaDB 11.4 and later. */
const VERSIONS = EVERY_MYSQL.filter((version) => version.startsWith('mariadb-11'))

describe.skipIf(VERSIONS.length === 0)('binlog_row_image = FULL_NODUP', () => {
  test.each(VERSIONS)('%s: no message has a value that the row did not have', async (version) => {
    const missing = mysqlMissing(version)
    if (missing !== null) return
    await using server = await startMysql({ version, settings: { binlog_row_image: 'FULL_NODUP' } })
    const name = await server.createDatabase()
    const { query } = await server.connect(name)
    await query(
      `CREATE TABLE item (id int PRIMARY KEY, v int DEFAULT 7, note text, plus int AS (v + 1) STORED, twice int AS (v * 2))`,
    )
    await using capture = await Capture.of(
      { definition: MARIADB, config: mysqlSource(server, { tables: [`${name}.item`] }) },
      {},
    )
    await query("INSERT INTO item (id, v, note) VALUES (1, 1, 'one')")
    await query('UPDATE item SET v = 4')
    await query("UPDATE item SET note = 'four'")
    await query('UPDATE item SET id = 2')
    await query("REPLACE INTO item (id, note) VALUES (2, 'new')")
    await capture.toHead()
    const rows = capture.messages(`shop.${name}.item`).map(({ key, value }) => ({ key, after: value.after }))
    const wanted = [
      { id: 1, v: 1, note: 'one', plus: 2, twice: 2 },
      { id: 1, v: 4, note: 'one', plus: 5, twice: 8 },
      { id: 1, v: 4, note: 'four', plus: 5, twice: 8 },
      { id: 2, v: 4, note: 'four', plus: 5, twice: 8 },
      { id: 2, v: 7, note: 'new', plus: 8, twice: 14 },
    ]
    const after = rows.flatMap((row) => (row.after === null ? [] : [row]))
    expect(after.map(({ key }) => key)).toEqual(wanted.map(({ id }) => ({ id })))
    for (const [i, row] of wanted.entries())
      for (const [column, value] of Object.entries(row))
        expect([value, '__debezium_unavailable_value'], `${column} of row ${i}`).toContain(after[i]?.after?.[column])
    // From 11.8.9 on, only generated columns are missing.
    const complete = after.map((row) => [row.after?.['v'], row.after?.['note']])
    const isKnown = complete.every((pair) => !pair.includes('__debezium_unavailable_value'))
    expect(isKnown).toBe(version !== ('mariadb-11.4' as string))
  })
})

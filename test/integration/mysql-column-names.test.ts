import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { valueText } from '../support/binlog-reading.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'

const LEAST_METADATA = { mysql: 'MINIMAL', mariadb: 'NO_LOG' } as const
const SWAP = 'ALTER TABLE t CHANGE a b varchar(9), CHANGE b a varchar(9)'
/** Each value is the name of its column, so that a wrong name shows. */
const insert = (id: number) => `INSERT INTO t (id, a, b) VALUES (${id}, 'a', 'b')`
const CREATE = 'CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b varchar(9))'

function rowsOf(events: readonly LogEvent[]): Record<string, string>[] {
  return events.flatMap((event) => {
    if (event.type !== 'change' || event.after === null) return []
    const { table, after } = event
    return [Object.fromEntries(table.columns.map(({ name }, i) => [name, valueText(table, after, i)]))]
  })
}

const right = (id: number) => ({ id: String(id), a: '"a"', b: '"b"' })

interface Stage extends AsyncDisposable {
  readonly database: string
  run(...statements: readonly string[]): Promise<void>
  read(from: Offset | 'now'): Promise<Reading>
  /** Where the source begins, with the tables that exist now. */
  firstOffset(): Promise<Offset>
  /** Everything from there on, up to so many rows or to the error. */
  rows(from: Offset, count: number): Promise<{ readonly rows: Record<string, string>[]; readonly code: string | null }>
}

/** One server for all stages of a product. Each has a database of its own. */
async function stageOf(server: MysqlServer): Promise<Stage> {
  const database = await server.createDatabase()
  const session = await server.connect(database)
  const read = async (from: Offset | 'now') => {
    const config = mysqlSource(server, {
      tables: [`${database}.t`, `${database}.u`],
      heartbeat: { connector: { interval: '200ms' }, source: { mode: 'off' } },
    })
    return new Reading(await openReader(config, { ...readingContext, source: database }), from, 'none')
  }
  return {
    database,
    run: async (...statements) => {
      for (const statement of statements) await session.query(statement)
    },
    read,
    firstOffset: async () => {
      await using reading = await read('now')
      return await reading.firstOffset()
    },
    rows: async (from, count) => {
      await using reading = await read(from)
      const ended = reading.failure()
      await Promise.race([
        ended,
        reading.until('all rows', () => rowsOf(reading.events).length >= count).catch(() => undefined),
      ])
      const rows = rowsOf(reading.events)
      const code = rows.length >= count ? null : asOffbeatError(await ended).code
      return { rows, code }
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

describe.each(BOTH_PRODUCTS)('without column names in the log of %s', (version) => {
  const absent = mysqlMissing(version) !== null
  const settings = { binlog_row_metadata: LEAST_METADATA[mysqlServerKind(version).product] }

  test.skipIf(absent)('a table changed between offset and head never gets a wrong name', async () => {
    await using server = await startMysql({ version, settings })

    await using swapped = await stageOf(server)
    await swapped.run(CREATE)
    const before = await swapped.firstOffset()
    await swapped.run(insert(1), SWAP, insert(2))
    expect(await swapped.rows(before, 2)).toEqual({ rows: [right(1), right(2)], code: null })
    // An offset that remembers nothing: from the first row on, the catalogue is from after a later change.
    expect(await swapped.rows({ ...before, memory: {} }, 2)).toEqual({ rows: [], code: 'MYSQL_COLUMNS_UNKNOWN' })
    await swapped.run(SWAP, insert(3))
    expect(await swapped.rows(before, 3)).toEqual({ rows: [right(1)], code: 'MYSQL_COLUMNS_UNKNOWN' })

    await using renamed = await stageOf(server)
    await renamed.run(CREATE, 'CREATE TABLE next (id int PRIMARY KEY, b varchar(9), a varchar(9))')
    const beforeRename = await renamed.firstOffset()
    await renamed.run(insert(1), 'RENAME TABLE t TO old, next TO t', insert(2))
    expect(await renamed.rows(beforeRename, 2)).toEqual({ rows: [right(1), right(2)], code: null })

    await using created = await stageOf(server)
    await created.run(CREATE)
    const beforeDrop = await created.firstOffset()
    await created.run(insert(1), 'DROP TABLE t')
    await created.run('CREATE TABLE t (id int PRIMARY KEY, b varchar(9), a varchar(9))', insert(2))
    await created.run("CREATE TABLE u (id int PRIMARY KEY) SELECT 3 AS id, 'b' AS b, 'a' AS a")
    expect(await created.rows(beforeDrop, 3)).toEqual({ rows: [right(1), right(2), right(3)], code: null })
  })

  test.skipIf(absent)(
    'a change that is not in the log is noticed, and one that the rows show is followed',
    async () => {
      await using server = await startMysql({ version, settings })
      await using stage = await stageOf(server)
      await stage.run(CREATE)
      const before = await stage.firstOffset()
      await stage.run(
        insert(1),
        'SET sql_log_bin = 0',
        'ALTER TABLE t ADD COLUMN c int',
        'SET sql_log_bin = 1',
        insert(2),
      )
      await using reading = await stage.read('now')
      await reading.firstOffset()
      await stage.run(insert(3))
      await reading.until('the row with the new column', () => rowsOf(reading.events).length > 0)
      expect(rowsOf(reading.events)).toEqual([{ ...right(3), c: 'null' }])
      await stage.run('SET sql_log_bin = 0', SWAP, 'SET sql_log_bin = 1', insert(4))
      expect(asOffbeatError(await reading.failure())).toMatchObject({
        code: 'MYSQL_COLUMNS_UNKNOWN',
        found: 'the table was changed by a statement that is not in the log',
      })
      expect(rowsOf(reading.events)).toHaveLength(1)
      // The first row has the shape that was remembered, and the catalogue has another.
      expect(await stage.rows(before, 1)).toEqual({ rows: [], code: 'MYSQL_COLUMNS_UNKNOWN' })
    },
  )

  test.skipIf(absent)('rows written while the table is changed again and again have right names or stop', async () => {
    await using server = await startMysql({ version, settings })
    await using stage = await stageOf(server)
    await using writer = await server.connect('')
    await stage.run(CREATE)
    await using live = await stage.read('now')
    const before = await live.firstOffset()
    // One change at a time, each followed by its rows, is passed without a stop.
    for (let id = 1; id <= 5; id++) {
      await stage.run(SWAP, insert(id))
      await live.until('its row', () => rowsOf(live.events).length >= id)
    }
    await live.until('the last commit', () => live.commits.length >= 5)
    const [place] = live.commits.slice(-1)
    const writing = async () => {
      for (let id = 10; id < 160; id++) await stage.run(insert(id))
    }
    const changing = async () => {
      for (let i = 0; i < 10; i++) await writer.query(SWAP.replace('TABLE t', `TABLE ${stage.database}.t`))
    }
    await Promise.all([writing(), changing()])
    const stopped = new Set<string | null>()
    for (const from of [before, place?.offset ?? before]) {
      const { rows, code } = await stage.rows(from, from === before ? 155 : 150)
      for (const one of rows) expect(one).toEqual(right(Number(one['id'])))
      stopped.add(code)
    }
    for (const one of rowsOf(live.events)) expect(one).toEqual(right(Number(one['id'])))
    for (const code of stopped) expect([null, 'MYSQL_COLUMNS_UNKNOWN']).toContain(code)
  })
})

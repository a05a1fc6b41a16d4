import { describe, expect, test } from 'vitest'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Row, TableVersion } from '../../src/model/table.ts'
import { eventText, valueText } from '../support/binlog-reading.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { EVERY_MYSQL_LOG } from '../support/mysql-versions.ts'
import { seededRandom } from '../support/seeded-random.ts'

function changeLines(events: readonly LogEvent[]): string[] {
  return events.filter(({ type }) => type === 'change').map(eventText)
}

async function openLog(server: MysqlServer): Promise<{ readonly log: MysqlLog; readonly database: string }> {
  const database = await server.createDatabase()
  return { log: await MysqlLog.open(server, database), database }
}

/**
 * Applies changes to rows by their key; each old row must be the one that is there, as far as the log has it. What the log leaves out of an
 * inserted row is the column's default, here NULL.
 */
function applied(events: readonly LogEvent[]): Map<string, string[]> {
  const rows = new Map<string, string[]>()
  for (const event of events) {
    if (event.type !== 'change') continue
    const before = valuesOf(event.table, event.before)
    const after = valuesOf(event.table, event.after)
    const there = before === null ? undefined : rows.get(before[0] ?? '')
    if (before !== null) {
      expect(before.map((value, i) => (value === '?' ? there?.[i] : value))).toEqual(there)
      rows.delete(before[0] ?? '')
    }
    if (after === null) continue
    rows.set(
      after[0] ?? '',
      after.map((value, i) => (value === '?' ? (there?.[i] ?? 'null') : value)),
    )
  }
  return rows
}

function valuesOf(table: TableVersion, row: Row | null): string[] | null {
  return row === null ? null : table.columns.map((_, i) => valueText(table, row, i))
}

const COLUMNS = 'id int primary key, n bigint, note varchar(300) character set latin1, body text, big longblob'

async function changeAtRandom(log: MysqlLog, seed: number, settings: readonly string[]): Promise<void> {
  const random = seededRandom(seed)
  const pick = (count: number) => Math.floor(random() * count)
  for (let i = 0; i < 120; i++) {
    if (i % 10 === 0)
      await log.session.query(`SET SESSION binlog_row_image = '${['FULL', 'MINIMAL', 'NOBLOB'][pick(3)]}'`)
    const setting = settings[pick(settings.length * 3)]
    if (setting !== undefined) await log.session.query(setting)
    const id = pick(40)
    const statements = [
      `REPLACE INTO t VALUES (${id}, ${pick(1e9)}, REPEAT('ä', ${pick(60)}), REPEAT('x', ${pick(5000)}), NULL)`,
      `UPDATE t SET n = n + 1 WHERE id BETWEEN ${id} AND ${id + 10}`,
      `UPDATE t SET id = id + ${1000 * (i + 1)}, note = NULL WHERE id = ${id}`,
      `UPDATE t SET big = REPEAT('b', ${pick(300)}), body = NULL WHERE id > ${id}`,
      `DELETE FROM t WHERE id BETWEEN ${id} AND ${id + 3}`,
      `BEGIN; DELETE FROM t WHERE id = ${id}; INSERT INTO t (id, n) VALUES (${id}, -1); COMMIT`,
    ]
    await log.session.query(statements[pick(statements.length)] ?? '')
  }
}

/** What turns the packing of transactions on and off. */
const COMPRESSION = {
  mysql: ['SET SESSION binlog_transaction_compression = ON', 'SET SESSION binlog_transaction_compression = OFF'],
  mariadb: [
    'SET GLOBAL log_bin_compress = ON, log_bin_compress_min_len = 10',
    'SET GLOBAL log_bin_compress = OFF, log_bin_compress_min_len = 10',
  ],
} as const

describe.each(EVERY_MYSQL_LOG)('%s', (version) => {
  const absent = mysqlMissing(version) !== null
  const isMysql = version.startsWith('mysql')
  const isOld = version === 'mysql-5.6'

  test.skipIf(absent).each(['CRC32', 'NONE'])(
    'changes of any row image, packed or not, with the checksum %s, make the table',
    async (checksum) => {
      await using server = await startMysql({ version, settings: { binlog_checksum: checksum } })
      const { log } = await openLog(server)
      await using _log = log
      await log.session.query(`CREATE TABLE t (${COLUMNS})`)
      await changeAtRandom(log, 11, isOld ? [] : COMPRESSION[server.product])
      const rows = await log.session.query('SELECT id, n, note, body, TO_BASE64(big) AS big FROM t ORDER BY id')
      const stored = rows.map((row) =>
        ['id', 'n', 'note', 'body', 'big'].map((name) => {
          const value = row[name]
          if (value === null) return 'null'
          return typeof value === 'number' ? String(value) : JSON.stringify(String(value).replaceAll('\n', ''))
        }),
      )
      const made = [...applied(await log.events()).values()].sort((a, b) => Number(a[0]) - Number(b[0]))
      expect(made).toEqual(stored)
      expect(made.length).toBeGreaterThan(5)
    },
  )

  test.skipIf(absent)('a statement in place of rows stops only where its table is watched', async () => {
    await using server = await startMysql({ version })
    const { log, database } = await openLog(server)
    await using _log = log
    await log.session.query('CREATE TABLE t (id int); CREATE TABLE other (id int)')
    await log.session.query("SET SESSION binlog_format = 'STATEMENT'; INSERT INTO other VALUES (1)")
    await log.session.query('INSERT INTO t VALUES (1); UPDATE t SET id = 2')
    const path = await log.currentFile()
    await log.newFile()
    const watching = (name: string) =>
      log.eventsIn(path, { isWatched: (db, table) => db === database && table === name })
    await expect(watching('t')).rejects.toMatchObject({ code: 'MYSQL_STATEMENT_LOGGED', details: { event: 'QUERY' } })
    expect(changeLines(await watching('no_such'))).toEqual([])
  })

  test.skipIf(absent)('the rows that survive a rollback are delivered, and no others', async () => {
    const settings = isMysql ? { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' } : {}
    await using server = await startMysql({ version, settings })
    const { log } = await openLog(server)
    await using _log = log
    await log.session.query('CREATE TABLE t (id int); CREATE TABLE plain (id int) ENGINE = MyISAM')
    await log.session.query(
      'BEGIN; INSERT INTO t VALUES (1); INSERT INTO plain VALUES (1); INSERT INTO t VALUES (2); ROLLBACK; INSERT INTO t VALUES (3)',
    )
    const lines = changeLines(await log.events())
    expect(lines.map((line) => line.replace(/^c \w+\./u, ''))).toEqual(['plain - {"id":1} row 0', 't - {"id":3} row 0'])
  })

  // MySQL 5.6 writes its rows at the commit.
  test.skipIf(absent || isOld)(
    'a prepared transaction whose rows lie before the beginning stops it at its commit',
    async () => {
      await using server = await startMysql({ version })
      const { log } = await openLog(server)
      await using _log = log
      await log.session.query('CREATE TABLE t (id int)')
      await log.session.query("XA START 'x'; INSERT INTO t VALUES (1); XA END 'x'; XA PREPARE 'x'")
      expect(changeLines(await log.events())).toEqual([])
      await log.session.query("XA COMMIT 'x'")
      await expect(log.events()).rejects.toMatchObject({ code: 'MYSQL_XA_UNKNOWN' })
    },
  )

  test.skipIf(absent)('the heartbeat row is a pulse with our nonce, or one of another writer', async () => {
    await using server = await startMysql({ version })
    const { log, database } = await openLog(server)
    await using _log = log
    await log.session.query('CREATE TABLE beat (id int primary key, text text, last_update timestamp(6) null)')
    await log.session.query(
      "INSERT INTO beat VALUES (1, 'test_heartbeat', NULL); UPDATE beat SET text = 'offbeat:shop:7'",
    )
    const heartbeat = { database, table: 'beat', deliver: false }
    const events = await log.events({ heartbeat, isWatched: () => false })
    const said = events.map(eventText).filter((line) => line.startsWith('pulse'))
    expect(said).toEqual(['pulse of another', 'pulse offbeat:shop:7'])
    expect(changeLines(events)).toEqual([])
  })

  test.skipIf(absent || !isMysql || isOld)('a large packed transaction is given in pieces', async () => {
    await using server = await startMysql({ version })
    const { log } = await openLog(server)
    await using _log = log
    await log.session.query('CREATE TABLE t (id int auto_increment primary key, v varchar(2000))')
    await log.session.query(
      `INSERT INTO t (v) VALUES ${Array.from({ length: 500 }, () => "(REPEAT('v', 1000))").join(',')}`,
    )
    await log.newFile()
    await log.session.query('SET SESSION binlog_transaction_compression = ON')
    await log.session.query(
      'BEGIN; INSERT INTO t (v) SELECT v FROM t; INSERT INTO t (v) SELECT v FROM t; INSERT INTO t (v) SELECT v FROM t; COMMIT',
    )
    const pieces: number[] = []
    const path = await log.currentFile()
    await log.newFile()
    const events = await log.eventsIn(path, {}, (some) => pieces.push(some.length))
    expect(changeLines(events).length).toBe(3500)
    expect(Math.max(...pieces)).toBeLessThan(1000)
  })
})

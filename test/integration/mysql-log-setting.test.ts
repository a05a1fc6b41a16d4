import { describe, expect, test } from 'vitest'
import type { LogEvent } from '../../src/model/log-event.ts'
import { valueText } from '../support/binlog-reading.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { MysqlLog } from '../support/mysql-log.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'

/** How the same changes can be written to the log. */
const SETTINGS = {
  mysql: [
    'SET GLOBAL binlog_checksum = CRC32',
    'SET GLOBAL binlog_checksum = NONE',
    'SET GLOBAL binlog_checksum = CRC32; SET SESSION binlog_transaction_compression = ON',
    'SET GLOBAL binlog_checksum = NONE; SET SESSION binlog_transaction_compression = ON',
    'SET SESSION binlog_transaction_compression = OFF, binlog_rows_query_log_events = ON',
  ],
  mariadb: [
    'SET GLOBAL binlog_checksum = CRC32; SET SESSION binlog_annotate_row_events = OFF',
    'SET GLOBAL binlog_checksum = NONE',
    'SET GLOBAL log_bin_compress = ON, log_bin_compress_min_len = 10',
    'SET GLOBAL binlog_checksum = CRC32; SET SESSION binlog_annotate_row_events = ON',
    'SET GLOBAL log_bin_compress = OFF',
  ],
} as const

const LONG = 'x'.repeat(2000)
const CHANGES = [
  `INSERT INTO t VALUES (1, 'a', NULL, 1.50), (2, '${LONG}', X'00FF', NULL), (3, 'ü', '${LONG}', -7)`,
  "UPDATE t SET note = CONCAT(note, '!'), d = d * 2",
  `BEGIN; UPDATE t SET id = 9 WHERE id = 1; INSERT INTO t VALUES (4, '', '', 0); DELETE FROM t WHERE id = 2; COMMIT`,
  "REPLACE INTO t VALUES (3, 'new', NULL, 1)",
  'TRUNCATE t',
]

/** What of the events does not depend on positions and times. */
function messages(events: readonly LogEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== 'change') return []
    const { op, table, before, after } = event
    const images = [before, after].map((row) =>
      row === null ? null : table.columns.map((_, i) => valueText(table, row, i)),
    )
    const columns = table.columns.map(({ name, type, key }) => [name, type, key])
    return [JSON.stringify([op, table.name, columns, images])]
  })
}

async function messagesWith(server: MysqlServer, settings: string): Promise<string[]> {
  const database = await server.createDatabase()
  await using log = await MysqlLog.open(server, database)
  await log.session.query(settings)
  await log.session.query('CREATE TABLE t (id int PRIMARY KEY, note varchar(3000), b blob, d decimal(10,2))')
  const path = await log.newFile()
  for (const change of CHANGES) await log.session.query(change)
  await log.newFile()
  return messages(await log.eventsIn(path, { isWatched: (db) => db === database }))
}

describe.each(EVERY_MYSQL)('%s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'checksums, compression and annotations change no byte of the messages',
    async () => {
      await using server = await startMysql({ version })
      const [plain = [], ...others] = await Array.fromAsync(SETTINGS[server.product], (settings) =>
        messagesWith(server, settings),
      )
      expect(plain).toHaveLength(11)
      for (const other of others) expect(other).toEqual(plain)
    },
  )
})

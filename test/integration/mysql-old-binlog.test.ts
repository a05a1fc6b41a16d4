import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { ChangeEvent, LogEvent } from '../../src/model/log-event.ts'
import { fetchedTree } from '../../tools/fetch/fetched-server.ts'
import { decodeBinlogFile } from '../support/binlog-file.ts'
import { binlogDecoder } from '../support/binlog-reading.ts'
import { catalogOf } from '../support/binlog-table-maps.ts'
import { environment, isRequired, thorough } from '../support/environment.ts'
import { differences, MARIADB_BINLOG, MYSQLBINLOG, printedRows } from '../support/mysqlbinlog.ts'

/*
 * Log files of MySQL 4.1 to 8.0 and MariaDB 5.5 to 10.3 in Debian's package mariadb-test-data, which `npm run fetch-binlogs` unpacks. Some
 * are damaged on purpose. `null`: the file is decoded to its end. Otherwise the code of the error.
 */
const FILES: Readonly<Record<string, string | null>> = {
  'suite/binlog/std_data/update-full-row.binlog': null,
  'suite/binlog/std_data/write-full-row.binlog': null,
  'suite/binlog/std_data/ver_5_1-telco.001': 'MYSQL_EVENT_INVALID',
  'suite/binlog/std_data/ver_trunk_row_v2.001': 'MYSQL_STATEMENT_LOGGED',
  'suite/binlog/std_data/binlog_old_version_4_1.000001': 'MYSQL_EVENT_UNSUPPORTED',
  'suite/binlog/std_data/ver_5_1_17.001': 'MYSQL_EVENT_INVALID',
  'suite/binlog/std_data/write-partial-row.binlog': null,
  'suite/binlog/std_data/bug32407.001': 'MYSQL_EVENT_INVALID',
  'suite/binlog/std_data/ver_5_1_23.001': 'MYSQL_EVENT_INVALID',
  'suite/binlog/std_data/update-partial-row.binlog': null,
  'std_data/binlog_before_20574.bin': 'MYSQL_CHECKSUM_WRONG',
  'std_data/corrupt-relay-bin.000624': 'MYSQL_EVENT_INVALID',
  'std_data/master-bin.000001': 'MYSQL_EVENT_UNSUPPORTED',
  'std_data/mdev-4645-binlog_checksum.binlog': 'MYSQL_EVENT_INVALID',
  'std_data/mdev35643_mysql_80_binlog.000001': 'MYSQL_STATEMENT_LOGGED',
  'std_data/bug47142_master-bin.000001': 'MYSQL_EVENT_UNSUPPORTED',
  'std_data/binlog_transaction.000001': 'MYSQL_EVENT_INVALID',
  'std_data/rpl/mysql-5.7.11-stm-temporal-round-binlog.000001': null,
  'std_data/rpl/master-bin-seq_10.3.36.000001': null,
  'std_data/rpl/mysql-8.0.13-stm-temporal-round-binlog.000001': null,
  'std_data/mariadb-5.5-binlog.000001': null,
  'std_data/mdev-39404-binlog.000001': 'MYSQL_CHECKSUM_WRONG',
  'std_data/mdev-4645-binlog_group_id.binlog': 'MYSQL_EVENT_INVALID',
  'std_data/mdev-4645-binlog_group_id_checksum.binlog': 'MYSQL_EVENT_INVALID',
  'std_data/bug33029-slave-relay-bin.000001': 'MYSQL_EVENT_INVALID',
  'std_data/binlog-header.binlog': null,
  'std_data/bug40482-bin.000001': 'MYSQL_INCIDENT',
  'std_data/mdev6020-mysql-bin.000001': null,
  'std_data/mdev-4645-binlog_none.binlog': null,
  'std_data/mdev29078-mysql-bin.000001': null,
  'std_data/trunc_binlog.000001': 'MYSQL_EVENT_UNSUPPORTED',
  'std_data/bug16266.000001': 'MYSQL_EVENT_INVALID',
  'std_data/binlog_savepoint.000001': null,
}

const folder = join(fetchedTree('binlogs-10.11', environment), 'usr/share/mysql/mysql-test')
const missing = existsSync(folder) ? null : 'run: npm run fetch-binlogs'
if (missing !== null && isRequired('binlogs')) throw new Error(`OFFBEAT_REQUIRE names binlogs: ${missing}`)

/** MariaDB's program does not know the newest events of MySQL. */
async function rowsIn(path: string) {
  const printed = await printedRows(MARIADB_BINLOG, path)
  return printed.isWhole ? printed : await printedRows(MYSQLBINLOG, path).catch(() => printed)
}

// In the thorough form only: no change of a server can break this.
describe.skipIf(missing !== null || !thorough)('old log files', () => {
  test.each(Object.entries(FILES))(
    '%s gives the rows that mariadb-binlog finds, and ends with %s',
    async (file, code) => {
      const path = join(folder, file)
      const changes: ChangeEvent[] = []
      const catalog = catalogOf(path)
      const decoder = binlogDecoder({}, { catalog, isWatched: catalog.has })
      const take = (events: readonly LogEvent[]) => {
        for (const event of events) if (event.type === 'change' && event.op !== 't') changes.push(event)
      }
      const ended = await decodeBinlogFile(path, decoder, take).then(
        () => null,
        (error: unknown) => asOffbeatError(error).code,
      )
      expect(ended).toBe(code)
      const { rows } = await rowsIn(path)
      if (code === null) expect(changes).toHaveLength(rows.length)
      const wrong = changes.flatMap((change, i) => {
        const row = rows[i]
        return row === undefined ? ['a row too many'] : differences(change, row)
      })
      expect(wrong.slice(0, 10)).toEqual([])
    },
  )
})

import type { TableName } from '../../../model/table.ts'
import { type TextRow, text } from '../../connect/text-row.ts'
import { unmatchedEntries } from '../../nearest-table.ts'
import { watchedBy } from '../../table-pattern.ts'
import type { TableCatalog } from '../../table-watch.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { quoteLiteral, quoteTable } from '../connect/quoting.ts'
import { hiddenTable, type TableSight } from './hidden-table.ts'
import { readSelectGrants } from './select-grants.ts'
import { LEVELS, SYSTEM_DATABASES } from './watched-table.ts'

/** Shows only the tables on which the user has some privilege. MariaDB has another type for tables with system versioning. */
export const FROM_TABLES = `FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND TABLE_SCHEMA NOT IN (${SYSTEM_DATABASES.map(quoteLiteral).join(', ')})`

/** The tables that can be watched, sorted by name. */
export async function readTables(connection: MysqlConnection, signal: AbortSignal): Promise<readonly TableName[]> {
  const sql = `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name ${FROM_TABLES} ORDER BY 1, 2`
  return (await connection.query(sql, [], { signal })).map(tableName)
}

function tableName(row: TextRow): TableName {
  return { database: text(row, 'db'), schema: null, name: text(row, 'name') }
}

/** The watched tables as they are now. */
export async function comingTables(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  return (await readTables(connection, signal)).filter(watchedBy(config, LEVELS))
}

/** Which tables our user can see. */
export async function tableSight(
  connection: MysqlConnection,
  config: MysqlConfig,
  source: string,
  signal: AbortSignal,
): Promise<TableSight> {
  const selects = await readSelectGrants(connection, signal)
  return { source, config, selects, account: connection.account }
}

/** Every table that is written is in the log, so a watched table is only missing if there is none of its name. */
export function watchedCatalog(config: MysqlConfig, source: string): TableCatalog<MysqlConnection, TableName> {
  return {
    async mark(connection, signal) {
      const sql = `SELECT CONCAT(COUNT(*), ' ', COALESCE(SUM(CRC32(CONCAT(TABLE_SCHEMA, '/', TABLE_NAME))), 0)) AS mark ${FROM_TABLES}`
      const [row = {}] = await connection.query(sql, [], { signal })
      return text(row, 'mark')
    },
    tables: readTables,
    isWatched: watchedBy(config, LEVELS),
    nameOf: quoteTable,
    gaps: async (tables, connection, signal) => {
      const unmatched = unmatchedEntries(config.tables, tables, LEVELS)
      const sight = unmatched.length === 0 ? null : await tableSight(connection, config, source, signal)
      const fixOf = (entry: string) => (sight === null ? null : hiddenTable(entry, sight))
      return {
        unmatched: unmatched.map(({ entry, meant }) => {
          const fix = fixOf(entry)
          return { entry, meant, fix: fix === null ? [] : [fix] }
        }),
        notPublished: [],
        notPublishedCount: 0,
      }
    },
    news: () => [],
    otherNews: async () => [],
  }
}

import { type TextRow, text } from '../../../connect/text-row.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { type QualifiedName, quoteLiteral } from '../../connect/quoting.ts'
import { SYSTEM_DATABASES } from '../../tables/watched-table.ts'

export interface WatchableTable extends QualifiedName {
  readonly engine: string
  readonly isTransactional: boolean
  readonly hasKey: boolean
  /** All columns of a unique index without NULL, which could be the key. null: there is none. */
  readonly otherKey: readonly string[] | null
  readonly mayRead: boolean
}

const OWN = (column: string) => `${column} NOT IN (${SYSTEM_DATABASES.map(quoteLiteral).join(', ')})`

const TABLES = `SELECT t.TABLE_SCHEMA AS db, t.TABLE_NAME AS name, t.ENGINE AS engine, e.TRANSACTIONS AS transactions
  FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
  WHERE t.TABLE_TYPE = 'BASE TABLE' AND ${OWN('t.TABLE_SCHEMA')} ORDER BY 1, 2`

/** A column of an index without a name is an expression. */
const KEYS = `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name, INDEX_NAME AS \`index\`,
    GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX SEPARATOR '/') AS columns,
    MAX(NULLABLE = 'YES' OR COLUMN_NAME IS NULL OR SUB_PART IS NOT NULL) AS is_partial
  FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND ${OWN('TABLE_SCHEMA')} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

const UNREADABLE = `SELECT DISTINCT TABLE_SCHEMA AS db, TABLE_NAME AS name FROM information_schema.COLUMNS
  WHERE ${OWN('TABLE_SCHEMA')} AND PRIVILEGES NOT LIKE '%select%'`

/** Shows the tables on which the user has some privilege. */
export async function readWatchable(
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<readonly WatchableTable[]> {
  const tables = await connection.query(TABLES, [], { signal })
  const keys = Map.groupBy(await connection.query(KEYS, [], { signal }), idOf)
  const unreadable = new Set((await connection.query(UNREADABLE, [], { signal })).map(idOf))
  return tables.map((row) => {
    const ofTable = keys.get(idOf(row)) ?? []
    return {
      ...nameOf(row),
      engine: row['engine'] ?? '',
      isTransactional: row['transactions'] !== 'NO',
      hasKey: ofTable.some((key) => key['index'] === 'PRIMARY'),
      otherKey: columnsOf(ofTable.find((key) => key['is_partial'] === '0')),
      mayRead: !unreadable.has(idOf(row)),
    }
  })
}

function nameOf(row: TextRow): QualifiedName {
  return { database: text(row, 'db'), name: text(row, 'name') }
}

function idOf(row: TextRow): string {
  return JSON.stringify([row['db'], row['name']])
}

function columnsOf(row: TextRow | undefined): readonly string[] | null {
  return row?.['columns']?.split('/') ?? null
}

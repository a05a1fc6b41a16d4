import type { CatalogNames, WatchedTables } from '../../../../setup/watched-tables.ts'
import { usesTable } from '../../../heartbeat/finding.ts'
import { checkedPattern } from '../../../table-pattern.ts'
import type { MysqlConfig } from '../../config.ts'
import { neutralLiteral, type QualifiedName } from '../../connect/quoting.ts'
import { FROM_TABLES } from '../../tables/watched-catalog.ts'
import { LEVELS } from '../../tables/watched-table.ts'
import { sameText } from './privilege-question.ts'

export type Watched = WatchedTables<keyof QualifiedName>

/** The names in `FROM_TABLES`, in a collation that tells letters from each other as the log does. */
export const CATALOG_NAMES: CatalogNames<keyof QualifiedName> = {
  levels: LEVELS,
  columns: {
    database: 'CONVERT(TABLE_SCHEMA USING utf8mb4) COLLATE utf8mb4_bin',
    name: 'CONVERT(TABLE_NAME USING utf8mb4) COLLATE utf8mb4_bin',
  },
  literal: neutralLiteral,
}

/** FROM and WHERE for the watched tables of the server, without the heartbeat table. */
export function fromWatched(config: MysqlConfig, watched: Watched): string {
  const { schema, table } = config.heartbeat.source
  const heartbeat = `\n  AND NOT (${sameText('TABLE_SCHEMA', neutralLiteral(schema))} AND ${sameText('TABLE_NAME', neutralLiteral(table))})`
  const condition = watched.by === 'condition' ? watched.sql : null
  return `${FROM_TABLES}${usesTable(config.heartbeat.source) ? heartbeat : ''}${condition === null ? '' : `\n  AND ${condition}`}`
}

/** The watched databases and single tables, if `tables` has nothing but those. null: it has other patterns, or `exclude` is not empty. */
export function wholeDatabases({ tables, exclude }: Pick<MysqlConfig, 'tables' | 'exclude'>): {
  readonly databases: readonly string[]
  readonly tables: readonly QualifiedName[]
} | null {
  if (tables.length === 0 || exclude.length > 0) return null
  const databases = new Set<string>()
  const single: QualifiedName[] = []
  for (const { parts } of tables.map(checkedPattern)) {
    const [database, name] = parts
    const [exact] = database ?? []
    if (parts.length !== 2 || exact === undefined || database?.length !== 1 || name === undefined) return null
    if (name.length === 1) single.push({ database: exact, name: name[0] ?? '' })
    else if (name.every((piece) => piece === '')) databases.add(exact)
    else return null
  }
  return { databases: [...databases], tables: single.filter(({ database }) => !databases.has(database)) }
}

import type { TableGaps } from '../../../model/source-status.ts'
import { nearestTable } from '../../nearest-table.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { type PublishedTable, unpublishedTables } from './publication-check.ts'

const MOST_NAMED = 20

/** Without names in `tables` the publication is what says which tables come: then none is missing. */
export function tableGaps(config: PostgresqlConfig, tables: readonly PublishedTable[]): TableGaps {
  const unmatched = config.tables.flatMap((entry) => {
    const matches = tableFilter([entry], [])
    if (tables.some(({ schema, name }) => matches(schema, name))) return []
    return [{ entry, meant: nearestTable(entry, tables) }]
  })
  const isWatched = tableFilter(config.tables, config.exclude)
  const missing = config.tables.length === 0 ? [] : unpublishedTables({ config, tables, isWatched })
  return { unmatched, notPublished: missing.slice(0, MOST_NAMED), notPublishedCount: missing.length }
}

import type { TableGaps } from '../../../model/source-status.ts'
import { unmatchedEntries } from '../../nearest-table.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { type PublishedTable, unpublishedTables } from './publication-check.ts'
import { LEVELS } from './table-name.ts'

const MOST_NAMED = 20

/** Without names in `tables` the publication is what says which tables come: then none is missing. */
export function tableGaps(config: PostgresqlConfig, tables: readonly PublishedTable[]): TableGaps {
  const isWatched = tableFilter(config.tables, config.exclude)
  const missing = config.tables.length === 0 ? [] : unpublishedTables({ config, tables, isWatched })
  return {
    unmatched: unmatchedEntries(config.tables, tables, LEVELS),
    notPublished: missing.slice(0, MOST_NAMED),
    notPublishedCount: missing.length,
  }
}

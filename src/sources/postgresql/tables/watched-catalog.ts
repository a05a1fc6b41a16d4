import { inDatabase } from '../../../model/fix.ts'
import type { TableGaps } from '../../../model/source-status.ts'
import type { TableName } from '../../../model/table.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { unmatchedEntries } from '../../nearest-table.ts'
import { tableFilter, watchedBy } from '../../table-pattern.ts'
import type { TableCatalog, TableNews } from '../../table-watch.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { PUBLISHER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteTable } from '../connect/quoting.ts'
import { comes, type PublishedTable, readTables, unpublishedTables } from './publication-check.ts'
import { type PublicationEntries, readEntries, replacedEntries } from './publication-entry.ts'
import { markOfTables } from './table-mark.ts'
import { LEVELS } from './table-name.ts'

const MOST_NAMED = 20

/** The watched tables under whose names changes are published. */
export async function comingTables(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<readonly TableName[]> {
  const isWatched = watchedBy(config, LEVELS)
  const tables = await readTables(connection, config.publication, options)
  return tables
    .filter((table) => table.published && isWatched(table))
    .map(({ schema, name }) => ({ database: config.connection.database, schema, name }))
}

export function watchedCatalog(config: PostgresqlConfig): TableCatalog<PostgresConnection, PublishedTable> {
  const { publication } = config
  let entries: PublicationEntries = new Map()
  return {
    mark: (connection, signal) => markOfTables(connection, publication, { signal }),
    tables: (connection, signal) => readTables(connection, publication, { signal }),
    isWatched: watchedBy(config, LEVELS),
    nameOf: quoteTable,
    gaps: (tables) => tableGaps(config, tables),
    news: (name, before, now) => newsOf(quoteIdentifier(publication), name, before, now),
    otherNews: async (connection, signal) => {
      const before = entries
      entries = await readEntries(connection, publication, { signal })
      return republished(publication, replacedEntries(before, entries))
    },
  }
}

/** An entry that exists now and existed before may have been removed in between. */
function republished(publication: string, replaced: readonly string[]): readonly TableNews[] {
  if (replaced.length === 0) return []
  const found = `removed and added again since the last inspection: ${replaced.slice(0, MOST_NAMED).join(', ')}`
  const details = { publication: quoteIdentifier(publication), found }
  return [{ level: 'warn', code: 'POSTGRES_TABLE_REPUBLISHED', details }]
}

function newsOf(
  publication: string,
  table: string,
  before: PublishedTable | undefined,
  now: PublishedTable,
): readonly TableNews[] {
  return [...arrival(publication, table, before, now), ...narrowed(publication, table, before, now)]
}

function arrival(
  publication: string,
  table: string,
  before: PublishedTable | undefined,
  now: PublishedTable,
): readonly TableNews[] {
  const came = before !== undefined && comes(before)
  if (!comes(now)) return came || before === undefined ? [notPublished(publication, table, before)] : []
  return came ? [] : [{ level: 'info', code: 'POSTGRES_TABLE_PUBLISHED', details: { table, publication } }]
}

function notPublished(publication: string, table: string, before: PublishedTable | undefined): TableNews {
  const found = before === undefined ? 'it was created after the publication' : 'it was removed from the publication'
  const fix = [inDatabase(`ALTER PUBLICATION ${publication} ADD TABLE ${table}`, PUBLISHER)]
  return { level: 'warn', code: 'POSTGRES_TABLE_NOT_PUBLISHED', details: { table, publication, found }, fix }
}

function narrowed(
  publication: string,
  table: string,
  before: PublishedTable | undefined,
  now: PublishedTable,
): readonly TableNews[] {
  if (before === undefined || !before.published || !now.published) return []
  const found = narrowing(before, now)
  if (found === null) return []
  // In one transaction: otherwise changes committed between the two statements would not be published.
  const text = `BEGIN; ALTER PUBLICATION ${publication} DROP TABLE ${table}; ALTER PUBLICATION ${publication} ADD TABLE ${table}; COMMIT`
  const details = { table, publication, found }
  return [{ level: 'warn', code: 'POSTGRES_TABLE_NARROWED', details, fix: [inDatabase(text, PUBLISHER)] }]
}

/** If `tables` is empty, the publication decides which tables are delivered, so none is missing. */
function tableGaps(config: PostgresqlConfig, tables: readonly PublishedTable[]): TableGaps {
  const isWatched = tableFilter(config.tables, config.exclude)
  const missing = config.tables.length === 0 ? [] : unpublishedTables({ config, tables, isWatched })
  return {
    unmatched: unmatchedEntries(config.tables, tables, LEVELS).map((entry) => ({ ...entry, fix: [] })),
    notPublished: missing.slice(0, MOST_NAMED),
    notPublishedCount: missing.length,
  }
}

/** What the publication leaves out now and did not leave out before. The stream itself reports a dropped, added or renamed column. */
function narrowing(before: PublishedTable, now: PublishedTable): string | null {
  if (now.hasFilter && !before.hasFilter) return 'a row filter: rows that do not match it are not delivered'
  const gone = leftOut(before, now)
  return gone.length === 0 ? null : `a column list without ${gone.join(', ')}`
}

function leftOut(before: PublishedTable, { columns, listed }: PublishedTable): readonly string[] {
  if (before.columns === null || columns === null || listed === null) return []
  const numbers = before.listed
  return before.columns.filter((name, at) =>
    numbers === null ? !columns.includes(name) : !listed.some((number) => number === numbers[at]),
  )
}

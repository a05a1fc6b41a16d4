import { usesTable } from '../../heartbeat/finding.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { type QualifiedName, quoteIdentifier, quoteTable } from '../connect/quoting.ts'
import type { PublicationFacts } from '../inspect/server-facts.ts'

type Wanted = Pick<PostgresqlConfig, 'publication' | 'tables' | 'exclude' | 'heartbeat'>

/** The tables for a new publication, of those that exist: the watched ones and the heartbeat table. */
export function tablesOfNew(
  { tables, exclude, heartbeat }: Wanted,
  there: readonly QualifiedName[],
): readonly QualifiedName[] {
  const { schema, table } = heartbeat.source
  const isWatched = tableFilter(tables, exclude)
  const isBeat = (each: QualifiedName) => each.schema === schema && each.name === table
  const watched = there.filter((each) => isWatched(each.schema, each.name) && !isBeat(each))
  return [...watched, ...(usesTable(heartbeat.source) ? there.filter(isBeat) : [])]
}

/** FOR ALL TABLES only if `tables` is empty: otherwise updates of unwatched tables without a key would be refused. */
export function createPublication(config: Wanted, there: readonly QualifiedName[]): string {
  const name = quoteIdentifier(config.publication)
  if (config.tables.length === 0) return `CREATE PUBLICATION ${name} FOR ALL TABLES`
  const tables = tablesOfNew(config, there).map(quoteTable)
  return `CREATE PUBLICATION ${name}${tables.length === 0 ? '' : ` FOR TABLE ${tables.join(', ')}`}`
}

/**
 * The statement that adds tables to the publication. For a publication of all tables (19 and later), it removes them from the EXCEPT list.
 */
export function publishTables(
  publication: string,
  { allTables, except }: Pick<PublicationFacts, 'allTables' | 'except'>,
  tables: readonly string[],
): string {
  const name = quoteIdentifier(publication)
  if (!allTables) return `ALTER PUBLICATION ${name} ADD TABLE ${tables.join(', ')}`
  const left = except.map(quoteTable).filter((table) => !tables.includes(table))
  return `ALTER PUBLICATION ${name} SET ALL TABLES${left.length === 0 ? '' : ` EXCEPT (TABLE ${left.join(', ')})`}`
}

/** Makes the publication publish every kind of change. */
export function publishAll(publication: string): string {
  return `ALTER PUBLICATION ${quoteIdentifier(publication)} SET (publish = 'insert, update, delete, truncate')`
}

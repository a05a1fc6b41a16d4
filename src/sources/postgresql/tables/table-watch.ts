import { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { type Fix, inDatabase } from '../../../model/fix.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { TableGaps } from '../../../model/source-status.ts'
import type { TableName } from '../../../model/table.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { unmatchedEntries } from '../../nearest-table.ts'
import type { Context } from '../../source.ts'
import { tableFilter, watchedBy } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { PUBLISHER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteTable } from '../connect/quoting.ts'
import { comes, lookAtTables, type PublishedTable, unpublishedTables } from './publication-check.ts'
import { lookAtEntries, type PublicationEntries, replacedEntries } from './publication-entry.ts'
import { markOfTables } from './table-mark.ts'
import { LEVELS } from './table-name.ts'

const MOST_NAMED = 20

/** The watched tables under whose names changes come. */
export async function comingTables(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<readonly TableName[]> {
  const isWatched = watchedBy(config, LEVELS)
  const tables = await lookAtTables(connection, config.publication, options)
  return tables
    .filter((table) => table.published && isWatched(table))
    .map(({ schema, name }) => ({ database: config.connection.database, schema, name }))
}

/**
 * Logs what changed in the watched tables and the publication since the last inspection. The reader logs the state at the start.
 */
export class TableWatch {
  readonly #config: PostgresqlConfig
  readonly #context: Pick<Context, 'log'>
  #before: ReadonlyMap<string, PublishedTable> | null = null
  #entries: PublicationEntries = new Map()
  /** Of the tables as in `before`. */
  #mark: string | null = null
  #gaps: TableGaps | null = null

  constructor(config: PostgresqlConfig, context: Pick<Context, 'log'>) {
    this.#config = config
    this.#context = context
  }

  /**
   * Resolves with what is missing now; null: not known. The tables are read again only where they have changed. Rejects only when
   * it is stopped: what cannot be read now is read at the next inspection.
   */
  async look(connection: PostgresConnection, signal: AbortSignal): Promise<TableGaps | null> {
    try {
      const { publication } = this.#config
      const mark = await markOfTables(connection, publication, { signal })
      if (mark === this.#mark) return this.#gaps
      const tables = await lookAtTables(connection, publication, { signal })
      const now = new Map(tables.filter(watchedBy(this.#config, LEVELS)).map((table) => [quoteTable(table), table]))
      if (this.#before !== null) for (const [name, table] of now) this.#compare(name, this.#before.get(name), table)
      this.#before = now
      this.#gaps = tableGaps(this.#config, tables)
      await this.#compareEntries(connection, signal)
      this.#mark = mark
    } catch (thrown) {
      signal.throwIfAborted()
      this.#context.log.debug({ error: String(thrown) }, 'the tables could not be checked')
    }
    return this.#gaps
  }

  /** What is in the publication now as before can have been out of it in between. */
  async #compareEntries(connection: PostgresConnection, signal: AbortSignal): Promise<void> {
    const { publication } = this.#config
    const entries = await lookAtEntries(connection, publication, { signal })
    const replaced = replacedEntries(this.#entries, entries).slice(0, MOST_NAMED)
    this.#entries = entries
    if (replaced.length === 0) return
    const found = `removed and added again since the last inspection: ${replaced.join(', ')}`
    this.#say('POSTGRES_TABLE_REPUBLISHED', { publication: quoteIdentifier(publication), found })
  }

  #compare(name: string, before: PublishedTable | undefined, now: PublishedTable): void {
    const publication = quoteIdentifier(this.#config.publication)
    const came = before !== undefined && comes(before)
    if (comes(now) && !came) {
      this.#say('POSTGRES_TABLE_PUBLISHED', { table: name, publication })
    } else if (!comes(now) && (came || before === undefined)) {
      const found =
        before === undefined ? 'it was created after the publication' : 'it was removed from the publication'
      const fix = [inDatabase(`ALTER PUBLICATION ${publication} ADD TABLE ${name}`, PUBLISHER)]
      this.#say('POSTGRES_TABLE_NOT_PUBLISHED', { table: name, publication, found }, fix)
    }
    if (before === undefined || !before.published || !now.published) return
    const found = narrowing(before, now)
    if (found === null) return
    // In one transaction: what is committed between the two would not come.
    const text = `BEGIN; ALTER PUBLICATION ${publication} DROP TABLE ${name}; ALTER PUBLICATION ${publication} ADD TABLE ${name}; COMMIT`
    this.#say('POSTGRES_TABLE_NARROWED', { table: name, publication, found }, [inDatabase(text, PUBLISHER)])
  }

  #say(code: ErrorCode, details: JsonObject, fix: readonly Fix[] = []): void {
    const { summary } = new OffbeatError(code, { message: code }).entry
    this.#context.log[code === 'POSTGRES_TABLE_PUBLISHED' ? 'info' : 'warn'](
      { code, ...details, ...(fix.length === 0 ? {} : { fix }) },
      summary,
    )
  }
}

/** Without names in `tables` the publication is what says which tables come: then none is missing. */
function tableGaps(config: PostgresqlConfig, tables: readonly PublishedTable[]): TableGaps {
  const isWatched = tableFilter(config.tables, config.exclude)
  const missing = config.tables.length === 0 ? [] : unpublishedTables({ config, tables, isWatched })
  return {
    unmatched: unmatchedEntries(config.tables, tables, LEVELS),
    notPublished: missing.slice(0, MOST_NAMED),
    notPublishedCount: missing.length,
  }
}

/** What the publication leaves out now and did not before; a column that was dropped, added or renamed is the stream's to say. */
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

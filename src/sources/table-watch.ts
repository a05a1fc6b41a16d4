import { ERROR_TABLE, type ErrorCode } from '../model/error-code.ts'
import type { Fix } from '../model/fix.ts'
import type { JsonObject } from '../model/json.ts'
import type { Logger } from '../model/logger.ts'
import type { TableGaps } from '../model/source-status.ts'

/** A change that the user should know about. */
export interface TableNews {
  readonly level: 'info' | 'warn'
  readonly code: ErrorCode
  readonly details: JsonObject
  readonly fix?: readonly Fix[]
}

/** A database's view of its tables. `T` is one table. Read-only. */
export interface TableCatalog<C, T> {
  /** Cheap to get. It stays the same as long as `tables` would return the same. */
  mark(connection: C, signal: AbortSignal): Promise<string>
  /** Every table that can be watched. */
  tables(connection: C, signal: AbortSignal): Promise<readonly T[]>
  isWatched(table: T): boolean
  nameOf(table: T): string
  gaps(tables: readonly T[], connection: C, signal: AbortSignal): TableGaps | Promise<TableGaps>
  /** News about a watched table. `before` is undefined if no table had this name. */
  news(name: string, before: T | undefined, now: T): readonly TableNews[]
  /** Other changes. Called after `tables`, and on the first inspection too. */
  otherNews(connection: C, signal: AbortSignal): Promise<readonly TableNews[]>
}

/** Logs what changed in the watched tables since the last inspection. The reader logs the initial state. */
export class TableWatch<C, T> {
  readonly #catalog: TableCatalog<C, T>
  readonly #log: Logger
  #before: ReadonlyMap<string, T> | null = null
  /** The mark of the tables in `before`. */
  #mark: string | null = null
  #gaps: TableGaps | null = null

  constructor(catalog: TableCatalog<C, T>, log: Logger) {
    this.#catalog = catalog
    this.#log = log
  }

  /**
   * Resolves with what is missing now; null: not known. Reads the tables again only if they changed. Rejects only when it is stopped: what
   * cannot be read now is read at the next inspection.
   */
  async inspect(connection: C, signal: AbortSignal): Promise<TableGaps | null> {
    const catalog = this.#catalog
    try {
      const mark = await catalog.mark(connection, signal)
      if (mark === this.#mark) return this.#gaps
      const tables = await catalog.tables(connection, signal)
      const watched = tables.filter((table) => catalog.isWatched(table))
      const now = new Map(watched.map((table) => [catalog.nameOf(table), table]))
      const before = this.#before
      if (before !== null) for (const [name, table] of now) this.#say(catalog.news(name, before.get(name), table))
      this.#before = now
      this.#gaps = await catalog.gaps(tables, connection, signal)
      this.#say(await catalog.otherNews(connection, signal))
      this.#mark = mark
    } catch (thrown) {
      signal.throwIfAborted()
      this.#log.debug({ error: String(thrown) }, 'the tables could not be checked')
    }
    return this.#gaps
  }

  #say(news: readonly TableNews[]): void {
    for (const { level, code, details, fix = [] } of news)
      this.#log[level]({ code, ...details, ...(fix.length === 0 ? {} : { fix }) }, ERROR_TABLE[code].summary)
  }
}

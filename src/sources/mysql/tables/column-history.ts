import { OffbeatError } from '../../../model/error.ts'
import { inDatabase } from '../../../model/fix.ts'
import type { EventPosition } from '../decode/framing/event-position.ts'
import type { TableMap } from '../decode/rows/table-map.ts'
import { type TableStatement, tablesIn } from '../decode/statements/table-statement.ts'
import { misfit } from './catalog-fit.ts'
import { type CatalogColumn, sameColumns, type TableCatalog } from './table-catalog.ts'
import type { TableMemory } from './table-memory.ts'

/** Looks ahead in the log. */
export interface LaterStatements {
  /**
   * The statements that change tables, from this event up to the end of the log. The end is determined after the call. null: the log cannot
   * be read from there.
   */
  from(position: EventPosition): Promise<readonly TableStatement[] | null>
}

export interface ColumnHistoryOptions {
  readonly catalog: TableCatalog
  /** null: the log cannot be read ahead. The catalogue is then taken as it is. */
  readonly later: LaterStatements | null
  readonly memory: TableMemory
}

/**
 * The columns of tables at the position that is being read, where the log does not name them.
 *
 * The catalogue has the columns of now. They are those of a position in the log if no statement between this position and the end of the
 * log concerns the table. The end is read after the catalogue: a server makes a change visible only after it has written it to the log. At
 * the position of a row, all statements before it are visible: the row could not be written until they were done.
 *
 * The memory has the columns at the position that is being read, because each statement that concerns a table makes it forget the table.
 * It is compared with the catalogue: a difference without a statement in the rest of the log is a change that was not logged
 * (`sql_log_bin = 0`, as when replicas are altered one after the other), and nobody knows on which side of it the row is.
 */
export class ColumnHistory {
  readonly #catalog: TableCatalog
  readonly #later: LaterStatements | null
  readonly #memory: TableMemory

  constructor({ catalog, later, memory }: ColumnHistoryOptions) {
    this.#catalog = catalog
    this.#later = later
    this.#memory = memory
  }

  /** Call it for each statement in the log, before the offset after it is made. */
  forget(statement: TableStatement): void {
    this.#memory.forget(tablesIn(statement))
  }

  /**
   * The table's columns at this event. `isPast`: the event is before the position whose columns are remembered. Throws
   * MYSQL_COLUMNS_UNKNOWN.
   */
  async columns(map: TableMap, position: EventPosition, isPast: boolean): Promise<readonly CatalogColumn[]> {
    const { database, name } = map
    const listed = await this.#catalog.columns(database, name)
    const kept = isPast ? null : this.#memory.columns(database, name)
    if (kept !== null && fits(map, kept)) {
      if (listed !== null && sameColumns(kept, listed)) return kept
      if (this.#later === null || (await this.#laterOne(map, position)) !== null) return kept
      throw unknownColumns(map, 'the table was changed by a statement that is not in the log', position)
    }
    const wrong = listed === null ? 'it has no such table' : misfit(map.columns, listed)
    if (listed === null || wrong !== null) throw unknownColumns(map, `the catalogue does not fit: ${wrong}`, position)
    const later = await this.#laterOne(map, position)
    if (later !== null) throw unknownColumns(map, `the catalogue is from after ${changedAt(later)}`, position)
    if (!isPast) this.#memory.keep(database, name, listed)
    return listed
  }

  /**
   * For a log that names the columns and leaves only types out. A column keeps its type under its name unless somebody changes it, so a
   * name that the catalogue has is enough.
   */
  async types(map: TableMap, names: readonly string[]): Promise<readonly CatalogColumn[]> {
    const { database, name } = map
    const listed = await this.#catalog.columns(database, name)
    const kept = this.#memory.columns(database, name) ?? []
    const known = [...kept, ...(listed ?? [])]
    const columns = names.flatMap((wanted) => known.find((column) => column.name === wanted) ?? [])
    if (listed !== null && kept.length === 0) this.#memory.keep(database, name, listed)
    return columns
  }

  async #laterOne({ database, name }: TableMap, position: EventPosition): Promise<TableStatement | 'unread' | null> {
    if (this.#later === null) return null
    const statements = await this.#later.from(position)
    if (statements === null) return 'unread'
    return statements.find((statement) => tablesIn(statement)(database, name)) ?? null
  }
}

function fits(map: TableMap, columns: readonly CatalogColumn[]): boolean {
  return misfit(map.columns, columns) === null
}

function changedAt(later: TableStatement | 'unread'): string {
  return later === 'unread'
    ? 'a stretch of the log that cannot be read ahead'
    : `the statement at ${later.file ?? 'the binary log'}:${later.offset}, which changed the table`
}

export function unknownColumns(
  { database, name }: TableMap,
  why: string,
  { file, offset }: EventPosition,
): OffbeatError {
  return new OffbeatError('MYSQL_COLUMNS_UNKNOWN', {
    message: `cannot read rows of ${database}.${name} at ${file ?? 'the binary log'}:${offset}: the log does not name its columns, and ${why}`,
    found: why,
    expected: 'the table as it was when the rows were written',
    fix: [
      inDatabase("SET GLOBAL binlog_row_metadata = 'FULL'", 'an administrator', {
        note: 'the log then names the columns of everything that is written from now on',
      }),
    ],
    details: { database, table: name, file, offset },
  })
}

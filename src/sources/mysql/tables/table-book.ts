import { blankSpans } from '../../../model/row-span.ts'
import { SPAN_NULL, type TableVersion } from '../../../model/table.ts'
import { sameTableVersion } from '../../../model/table-change.ts'
import type { EventPosition } from '../decode/framing/event-position.ts'
import { RecentEntries } from '../decode/recent-entries.ts'
import { TYPE } from '../decode/rows/column-type.ts'
import { type Extent, extentOf } from '../decode/rows/row-image.ts'
import type { TableMap } from '../decode/rows/table-map.ts'
import type { ValueForms } from '../values/column-form.ts'
import type { ColumnHistory } from './column-history.ts'
import type { CatalogColumn } from './table-catalog.ts'
import { charsetsOf, needsTypes, tableColumns } from './table-columns.ts'

export interface WatchedTables {
  readonly isWatched: (database: string, table: string) => boolean
  /** The heartbeat table. Its rows become pulses; they are also delivered as changes when `deliver` is true. */
  readonly heartbeat: { readonly database: string; readonly table: string; readonly deliver: boolean } | null
}

/** What is needed to decode the rows of a table. */
export interface KnownTable {
  readonly database: string
  readonly name: string
  /** null: the table's changes are not delivered. */
  readonly version: TableVersion | null
  readonly isHeartbeat: boolean
  /** The index of the heartbeat table's nonce column; -1 in other tables, or if it has none. */
  readonly nonceColumn: number
  readonly extents: readonly Extent[]
  readonly blank: readonly number[]
  /** The indexes of the columns of the message's key. */
  readonly keyColumns: readonly number[]
  /** The indexes of the columns of type JSON. */
  readonly jsonColumns: readonly number[]
}

type Catalog = readonly CatalogColumn[] | null

const NONCE_COLUMN = 'text'

/** Tables that are created and dropped all the time must not fill the memory. */
const MOST_VERSIONS = 10_000

/** The tables that the log has described, each in its latest version. One that was not used for long is forgotten. */
export class TableBook {
  readonly #watched: WatchedTables
  readonly #forms: ValueForms
  readonly #history: ColumnHistory
  readonly #versions = new RecentEntries<string, TableVersion>(MOST_VERSIONS)

  constructor(watched: WatchedTables, forms: ValueForms, history: ColumnHistory) {
    this.#watched = watched
    this.#forms = forms
    this.#history = history
  }

  /** Whether the table's rows can be skipped: it is neither watched nor the heartbeat table. */
  isUnwanted(database: string, name: string): boolean {
    return !this.#isHeartbeat(database, name) && !this.#watched.isWatched(database, name)
  }

  /**
   * Returns a promise if the server must be queried for its catalogue or for a character set. A table whose description has not changed
   * keeps its version object. `isPast`: the event is before the position whose columns are remembered.
   */
  know(map: TableMap, isMariadb: boolean, position: EventPosition, isPast: boolean): KnownTable | Promise<KnownTable> {
    const { names } = map.metadata
    if (names === null)
      return this.#history.columns(map, position, isPast).then((columns) => this.#withCatalog(map, columns, position))
    if (!needsTypes(map, isMariadb)) return this.#withCatalog(map, null, position)
    return this.#history.types(map, names).then((columns) => this.#withCatalog(map, columns, position))
  }

  #withCatalog(map: TableMap, catalog: Catalog, position: EventPosition): KnownTable | Promise<KnownTable> {
    const { charsets } = this.#forms
    const loading = charsets.load(charsetsOf(map, catalog, charsets))
    return loading === undefined
      ? this.#build(map, catalog, position)
      : loading.then(() => this.#build(map, catalog, position))
  }

  /** The latest version of the table, for changes without rows. undefined: the log has not described the table yet. */
  version(database: string, name: string): TableVersion | undefined {
    return this.#versions.get(`${database}\0${name}`)
  }

  #build(map: TableMap, catalog: Catalog, position: EventPosition): KnownTable {
    const { database, name } = map
    const isHeartbeat = this.#isHeartbeat(database, name)
    const columns = tableColumns(map, catalog, this.#forms, position)
    const described: TableVersion = { database, schema: null, name, columns }
    const key = `${database}\0${name}`
    const known = this.#versions.get(key)
    const version = known !== undefined && sameTableVersion(known, described) ? known : described
    this.#versions.set(key, version)
    const delivered = isHeartbeat ? this.#watched.heartbeat?.deliver === true : true
    return {
      database,
      name,
      version: delivered ? version : null,
      isHeartbeat,
      nonceColumn: isHeartbeat ? columns.findIndex((column) => column.name === NONCE_COLUMN) : SPAN_NULL,
      extents: map.columns.map(extentOf),
      blank: blankSpans(columns.length),
      keyColumns: columns.flatMap(({ key }, i) => (key ? [i] : [])),
      jsonColumns: map.columns.flatMap(({ type }, i) => (type === TYPE.JSON ? [i] : [])),
    }
  }

  #isHeartbeat(database: string, name: string): boolean {
    const { heartbeat } = this.#watched
    return heartbeat !== null && heartbeat.database === database && heartbeat.table === name
  }
}

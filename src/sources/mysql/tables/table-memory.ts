import type { JsonObject, JsonValue } from '../../../model/json.ts'
import type { CatalogColumn } from './table-catalog.ts'

/*
 * What the offset remembers of the tables whose columns the log does not name: their columns at the offset's position.
 *
 *   version  1
 *   tables   by `database\0table`: [name, dataType, charset or null, 'u' unsigned and 'k' key, members or nothing]*
 *
 * The document is empty if nothing is remembered. The newest entries are kept.
 */

const VERSION = 1
/** The document is stored with each offset, so it must stay small. A table beyond the limit is taken from the catalogue when it is met. */
const MOST_BYTES = 256 * 1024

interface Entry {
  readonly columns: readonly CatalogColumn[]
  readonly written: JsonValue
  readonly bytes: number
}

export class TableMemory {
  readonly #tables = new Map<string, Entry>()
  #bytes = 0
  #document: JsonObject | null = null

  /** A document of another version, or a damaged one, counts as empty. */
  constructor(document: JsonObject = {}) {
    const tables = document['version'] === VERSION ? document['tables'] : undefined
    if (typeof tables !== 'object' || tables === null || Array.isArray(tables)) return
    for (const [key, value] of Object.entries(tables)) {
      const columns = Array.isArray(value) ? value.map(columnOf) : []
      if (columns.length > 0 && columns.every((column) => column !== null)) this.#put(key, columns)
    }
  }

  /** Returns the same object until something changes. */
  get document(): JsonObject {
    this.#document ??=
      this.#tables.size === 0
        ? {}
        : {
            version: VERSION,
            tables: Object.fromEntries([...this.#tables].map(([key, { written }]) => [key, written])),
          }
    return this.#document
  }

  columns(database: string, table: string): readonly CatalogColumn[] | null {
    return this.#tables.get(keyOf(database, table))?.columns ?? null
  }

  keep(database: string, table: string, columns: readonly CatalogColumn[]): void {
    this.#put(keyOf(database, table), columns)
    for (const key of this.#tables.keys()) {
      if (this.#bytes <= MOST_BYTES) break
      this.#drop(key)
    }
  }

  /** Forgets every table for which `isGone` returns true. */
  forget(isGone: (database: string, table: string) => boolean): void {
    for (const key of this.#tables.keys()) {
      const [database = '', table = ''] = key.split('\0')
      if (isGone(database, table)) this.#drop(key)
    }
  }

  #put(key: string, columns: readonly CatalogColumn[]): void {
    this.#drop(key)
    const written = columns.map(writtenColumn)
    const bytes = key.length + JSON.stringify(written).length
    this.#tables.set(key, { columns, written, bytes })
    this.#bytes += bytes
    this.#document = null
  }

  #drop(key: string): void {
    const known = this.#tables.get(key)
    if (known === undefined) return
    this.#tables.delete(key)
    this.#bytes -= known.bytes
    this.#document = null
  }
}

function keyOf(database: string, table: string): string {
  return `${database}\0${table}`
}

function writtenColumn({ name, dataType, charset, unsigned, key, members }: CatalogColumn): JsonValue {
  const flags = `${unsigned ? 'u' : ''}${key ? 'k' : ''}`
  return members.length === 0 ? [name, dataType, charset, flags] : [name, dataType, charset, flags, [...members]]
}

function columnOf(value: JsonValue): CatalogColumn | null {
  if (!Array.isArray(value)) return null
  const [name, dataType, charset, flags, members = []] = value
  if (typeof name !== 'string' || typeof dataType !== 'string' || typeof flags !== 'string') return null
  if (charset !== null && typeof charset !== 'string') return null
  if (!Array.isArray(members) || !members.every((member) => typeof member === 'string')) return null
  return { name, dataType, charset, unsigned: flags.includes('u'), key: flags.includes('k'), members }
}

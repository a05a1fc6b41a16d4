import type { DecimalHandlingMode } from '../source-config.ts'
import { arrayOf, builtInTypes, type ColumnType } from './built-in-type.ts'
import { writeText } from './text-value.ts'

/** Runs a statement on a connection beside the stream; every value is text. Rejects with a classified error. */
export type CatalogQuery = (
  sql: string,
  params: readonly string[],
) => Promise<readonly { readonly [column: string]: string | null }[]>

/** What the log's Relation messages leave open. It is asked as it is now, which may be later than the place in the log. */
export interface Catalog {
  /** undefined: not known yet, to be resolved. Known types stay the same object. */
  type(oid: number): ColumnType | undefined
  /** After it every type has an answer; one that no longer exists is written as the server's text. */
  resolveTypes(oids: readonly number[]): Promise<void>
  /** The names of the primary key's columns; empty: none, or the table no longer exists. Asked anew each time. */
  primaryKey(tableOid: number): Promise<readonly string[]>
}

interface TypeRow {
  readonly oid: number
  readonly name: string
  readonly isDomain: boolean
  readonly baseOid: number
  /** Of a domain, for its base: unsigned. */
  readonly modifier: number
  readonly isArray: boolean
  readonly elementOid: number
  readonly delimiter: number
}

/** The types asked for and all that they are made of: the base of a domain, the element of an array. */
const TYPES_SQL = `
WITH RECURSIVE wanted (oid) AS (
  SELECT pg_catalog.unnest($1::pg_catalog.oid[])
  UNION
  SELECT part FROM wanted JOIN pg_catalog.pg_type USING (oid), pg_catalog.unnest(ARRAY[typbasetype, typelem]) AS part
)
SELECT t.oid, t.typname AS name, n.nspname AS schema, t.typtype AS kind, t.typbasetype AS base, t.typtypmod AS modifier,
       t.typelem AS element, e.typarray = t.oid AS is_array, pg_catalog.ascii(e.typdelim::pg_catalog.text) AS delimiter
FROM wanted JOIN pg_catalog.pg_type t USING (oid)
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem`

/** An index holds its key first and after it what the key INCLUDEs. */
const PRIMARY_KEY_SQL = `
SELECT a.attname AS name
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
WHERE i.indrelid = $1::pg_catalog.oid AND i.indisprimary`

export class ServerCatalog implements Catalog {
  readonly #query: CatalogQuery
  readonly #types: Map<number, ColumnType>

  constructor(query: CatalogQuery, decimals?: DecimalHandlingMode) {
    this.#query = query
    this.#types = builtInTypes(decimals)
  }

  type(oid: number): ColumnType | undefined {
    return this.#types.get(oid)
  }

  async resolveTypes(oids: readonly number[]): Promise<void> {
    const unknown = oids.filter((oid) => !this.#types.has(oid))
    if (unknown.length === 0) return
    const rows = await this.#query(TYPES_SQL, [`{${unknown.join(',')}}`])
    const found = new Map(rows.map((row) => [Number(row['oid']), typeRow(row)]))
    for (const oid of unknown) this.#resolve(oid, found)
  }

  async primaryKey(tableOid: number): Promise<readonly string[]> {
    const rows = await this.#query(PRIMARY_KEY_SQL, [String(tableOid)])
    return rows.map((row) => row['name'] ?? '')
  }

  #resolve(oid: number, found: ReadonlyMap<number, TypeRow>): ColumnType {
    const known = this.#types.get(oid)
    if (known !== undefined) return known
    const type = this.#make(oid, found)
    this.#types.set(oid, type)
    return type
  }

  /** A type's parts are older than the type, so this ends. */
  #make(oid: number, found: ReadonlyMap<number, TypeRow>): ColumnType {
    const row = found.get(oid)
    if (row === undefined) return { name: `type ${oid}`, write: writeText }
    if (row.isDomain) {
      const base = this.#resolve(row.baseOid, found)
      return { name: row.name, write: base.modified?.(row.modifier) ?? base.write }
    }
    if (!row.isArray) return { name: row.name, write: writeText }
    return arrayOf(this.#resolve(row.elementOid, found), row.delimiter)
  }
}

function typeRow(row: { readonly [column: string]: string | null }): TypeRow {
  const schema = row['schema'] ?? ''
  const name = row['name'] ?? ''
  return {
    oid: Number(row['oid']),
    name: schema === 'pg_catalog' ? name : `${schema}.${name}`,
    isDomain: row['kind'] === 'd',
    baseOid: Number(row['base']),
    modifier: Number(row['modifier'] ?? -1) >>> 0,
    isArray: isTrue(row['is_array']),
    elementOid: Number(row['element']),
    delimiter: Number(row['delimiter'] ?? 0x2c),
  }
}

function isTrue(value: string | null | undefined): boolean {
  return value === 't' || value === 'true'
}

import { writeText } from '../../../values/json-text.ts'
import { arrayOf, builtInTypes, type ColumnType } from '../values/built-in-type.ts'
import { type ModeForms, modeForms } from '../values/mode-form.ts'
import { DEFAULT_MODES, type PostgresqlModes } from '../values/postgresql-modes.ts'
import { TYPES_SQL, type TypeFacts, typeFacts } from '../values/type-facts.ts'
import { KEY_SQL, type KeyFacts, keyFacts } from './key-facts.ts'

/** Runs a statement on a connection other than the stream's. Every value is text. Rejects with a classified error. */
export type CatalogQuery = (
  sql: string,
  params: readonly string[],
) => Promise<readonly { readonly [column: string]: string | null }[]>

/** What the log's Relation messages do not contain. The catalog is read as it is now, which can be later than the position in the log. */
export interface Catalog {
  /** undefined: not known yet; call `resolveTypes`. A known type is always the same object. */
  type(oid: number): ColumnType | undefined
  /** What a type is made of; undefined: it is built in, or it was dropped and is not remembered. */
  typeFacts(oid: number): TypeFacts | undefined
  /**
   * Makes every type known to `type`. A type that no longer exists is written as it is remembered, or else as the server's text. Returns
   * the types that are neither in the catalog nor remembered.
   */
  resolveTypes(oids: readonly number[], remembered: RememberedTypes): Promise<readonly number[]>
  /** null: the table no longer exists. The catalog is read again at each call. */
  keyFacts(tableOid: number): Promise<KeyFacts | null>
}

export interface RememberedTypes {
  type(oid: number): TypeFacts | undefined
}

export class ServerCatalog implements Catalog {
  readonly #query: CatalogQuery
  readonly #forms: ModeForms
  readonly #types: Map<number, ColumnType>
  readonly #facts = new Map<number, TypeFacts>()

  constructor(query: CatalogQuery, modes: PostgresqlModes = DEFAULT_MODES) {
    this.#query = query
    this.#forms = modeForms(modes)
    this.#types = builtInTypes(this.#forms)
  }

  type(oid: number): ColumnType | undefined {
    return this.#types.get(oid)
  }

  typeFacts(oid: number): TypeFacts | undefined {
    return this.#facts.get(oid)
  }

  async resolveTypes(oids: readonly number[], remembered: RememberedTypes): Promise<readonly number[]> {
    const unknown = oids.filter((oid) => !this.#types.has(oid))
    if (unknown.length === 0) return []
    const rows = await this.#query(TYPES_SQL, [`{${unknown.join(',')}}`])
    const found = new Map(rows.map((row) => [Number(row['oid']), typeFacts(row)]))
    const factsOf = (oid: number) => found.get(oid) ?? remembered.type(oid)
    for (const oid of unknown) this.#resolve(oid, factsOf)
    return unknown.filter((oid) => !this.#facts.has(oid))
  }

  async keyFacts(tableOid: number): Promise<KeyFacts | null> {
    return keyFacts(await this.#query(KEY_SQL, [String(tableOid)]))
  }

  #resolve(oid: number, factsOf: (oid: number) => TypeFacts | undefined): ColumnType {
    const known = this.#types.get(oid)
    if (known !== undefined) return known
    const facts = factsOf(oid)
    // Guards against wrong remembered facts: a type that is made of itself.
    this.#types.set(oid, { name: `type ${oid}`, write: writeText })
    const type = this.#make(oid, facts, factsOf)
    this.#types.set(oid, type)
    if (facts !== undefined) this.#facts.set(oid, facts)
    return type
  }

  #make(oid: number, facts: TypeFacts | undefined, factsOf: (oid: number) => TypeFacts | undefined): ColumnType {
    if (facts === undefined) return { name: `type ${oid}`, write: writeText }
    const { name, kind } = facts
    if (kind === 'domain') {
      const { write, modified, unavailable } = this.#resolve(facts.of, factsOf)
      const plain = { name, write: modified?.(facts.modifier) ?? write }
      return unavailable === undefined ? plain : { ...plain, unavailable }
    }
    if (kind === 'array') return arrayOf(this.#resolve(facts.of, factsOf), facts.delimiter)
    return name.endsWith('.hstore') ? { name, ...this.#forms.hstore } : { name, write: writeText }
  }
}

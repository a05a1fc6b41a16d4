import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../../model/json.ts'
import type { TypeFacts } from '../values/type-facts.ts'

/*
 * What the offset remembers about tables and types. The log does not contain it, and the catalog has it only until the next change:
 *
 *   version  1
 *   keys     by table: [hash of its column names, names of the key columns]. Only where the log's flags do not mark the key. null in
 *            place of the names: the key has columns that the log does not have; the hash then includes which columns the log flagged.
 *   types    by type: [name, 'b'], ['d', ...] for a domain, ['a', ...] for an array; see type-facts.ts
 *   since    a transaction id: every older transaction had ended before the offset's position. Only until the keys in the catalog have been
 *            read; see present-keys.ts
 *
 * The document is empty if there is nothing to remember. Of each kind, the newest entries are kept.
 */

const VERSION = 1
const MOST_KEPT = 1000

/** What distinguishes one shape of a table from another. */
interface Described {
  readonly columns: readonly { readonly name: string; readonly identity?: boolean }[]
  readonly tellsKey?: boolean
}

export interface RememberedKey {
  readonly names: readonly string[]
  /** The key had columns that the log does not have. */
  readonly isIncomplete: boolean
  /**
   * Whether the table still has the columns that it had with this key. For an incomplete key, the replica identity must be the same too.
   */
  fits(relation: Described): boolean
}

export class LogMemory {
  readonly #keys = new Map<number, readonly [shape: string, names: readonly string[] | null]>()
  readonly #types = new Map<number, TypeFacts>()
  #since: string | null = null
  #document: JsonObject | null = null

  /** A document of another version, or a damaged one, counts as empty. */
  constructor(document: JsonObject = {}) {
    if (document['version'] !== VERSION) return
    for (const [oid, value] of entries(document['keys'])) {
      const [shape, names] = Array.isArray(value) ? value : []
      if (typeof shape === 'string' && (names === null || isNames(names))) this.#keys.set(oid, [shape, names])
    }
    for (const [oid, value] of entries(document['types'])) {
      const facts = typeFactsOf(value)
      if (facts !== null) this.#types.set(oid, facts)
    }
    const { since = null } = document
    if (typeof since === 'string' && /^\d+$/u.test(since)) this.#since = since
  }

  /** Every transaction with a smaller id had ended before the offset's position; null: not known. */
  get since(): string | null {
    return this.#since
  }

  set since(xid: string | null) {
    if (xid === this.#since) return
    this.#since = xid
    this.#document = null
  }

  /** Returns the same object until something changes. */
  get document(): JsonObject {
    this.#document ??= this.#write()
    return this.#document
  }

  key(tableOid: number): RememberedKey | undefined {
    const known = this.#keys.get(tableOid)
    if (known === undefined) return undefined
    const [shape, names] = known
    return { names: names ?? [], isIncomplete: names === null, fits: (relation) => shapeOf(relation, names) === shape }
  }

  type(oid: number): TypeFacts | undefined {
    return this.#types.get(oid)
  }

  /** `names`: null for a key with columns that the log does not have. */
  keepKey(relation: Described & { readonly oid: number }, names: readonly string[] | null): void {
    const shape = shapeOf(relation, names)
    const known = this.#keys.get(relation.oid)
    if (known !== undefined && known[0] === shape && JSON.stringify(known[1]) === JSON.stringify(names)) return
    this.#keys.delete(relation.oid)
    this.#keys.set(relation.oid, [shape, names])
    this.#changed(this.#keys)
  }

  forgetKey(tableOid: number): void {
    if (this.#keys.delete(tableOid)) this.#document = null
  }

  keepType(oid: number, facts: TypeFacts): void {
    if (JSON.stringify(this.#types.get(oid)) === JSON.stringify(facts)) return
    this.#types.delete(oid)
    this.#types.set(oid, facts)
    this.#changed(this.#types)
  }

  #changed(map: Map<number, unknown>): void {
    this.#document = null
    const [oldest] = map.keys()
    if (map.size > MOST_KEPT && oldest !== undefined) map.delete(oldest)
  }

  #write(): JsonObject {
    const since = this.#since === null ? {} : { since: this.#since }
    if (this.#keys.size + this.#types.size === 0) return this.#since === null ? {} : { version: VERSION, ...since }
    const types = [...this.#types].map(([oid, facts]): [number, JsonValue] => [
      oid,
      [facts.name, facts.kind, facts.of, facts.modifier, facts.delimiter],
    ])
    return { version: VERSION, keys: Object.fromEntries(this.#keys), types: Object.fromEntries(types), ...since }
  }
}

/** The shape of an incomplete key includes the flags: with another replica identity, the same columns can form a complete key. */
function shapeOf({ columns, tellsKey = false }: Described, key: readonly string[] | null): string {
  const isFlagged = key === null && tellsKey
  const shape = columns.map(({ name, identity }) => (isFlagged && identity ? `${name}\0` : name)).join('\0')
  return createHash('sha256').update(shape).digest('base64url').slice(0, 8)
}

function entries(value: JsonValue | undefined): [number, JsonValue][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).map(([oid, entry]) => [Number(oid), entry])
}

function isNames(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function typeFactsOf(value: JsonValue): TypeFacts | null {
  if (!Array.isArray(value)) return null
  const [name, kind, of, modifier, delimiter] = value
  if (typeof name !== 'string' || (kind !== 'base' && kind !== 'domain' && kind !== 'array')) return null
  return { name, kind, of: Number(of), modifier: Number(modifier), delimiter: Number(delimiter) }
}

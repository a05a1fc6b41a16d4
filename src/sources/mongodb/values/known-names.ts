import { type ByteConstant, byteConstant } from '../../../model/byte-constant.ts'
import type { ByteWriter } from '../../../model/byte-writer.ts'
import { areAt, type ByteWords, nameWords } from './byte-words.ts'
import type { Dialect } from './dialect.ts'

interface Known {
  /** With the 0 that ends it. */
  readonly name: ByteWords
  /** The name with what surrounds it, at the start of a document and after another field. */
  readonly first: ByteConstant
  readonly later: ByteConstant
}

/** How many fields of a document are remembered. */
const MOST_FIELDS = 128
const LONGEST_NAME = 64
const PATIENCE = 16
/** ASCII without what JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * The names of a document's fields, in their order. Most documents of a collection have the same ones, so a name is compared with the one that
 * an earlier document had in its place, and written in one step with what surrounds it.
 */
export class KnownNames {
  readonly #dialect: Pick<Dialect, 'firstName' | 'laterName' | 'named'>
  /** null: the last name in this place is not written in this way. */
  readonly #known: (Known | null)[] = []
  /** How often another name may still be found in a place before that is remembered instead. */
  readonly #patience = new Uint8Array(MOST_FIELDS)

  constructor(dialect: Pick<Dialect, 'firstName' | 'laterName' | 'named'>) {
    this.#dialect = dialect
  }

  /** Writes the name at `at` if it is the one known in place `i`. Returns the offset after it; -1, with nothing written: it is not. */
  write(
    from: Uint8Array,
    view: DataView,
    at: number,
    limit: number,
    i: number,
    isFirst: boolean,
    to: ByteWriter,
  ): number {
    const known = this.#known[i] ?? null
    if (known === null || !areAt(known.name, from, view, at, limit)) return -1
    if ((this.#patience[i] as number) < PATIENCE) this.#patience[i] = PATIENCE
    to.constant(isFirst ? known.first : known.later)
    return at + known.name.bytes.length
  }

  /** The name in place `i` was another one, from `start` to `end`. */
  missed(from: Uint8Array, start: number, end: number, i: number): void {
    if (i >= MOST_FIELDS) return
    const patience = this.#patience[i] as number
    this.#patience[i] = patience === 0 ? PATIENCE : patience - 1
    if (patience > 0) return
    while (this.#known.length < i) this.#known.push(null)
    this.#known[i] = end - start > LONGEST_NAME ? null : this.#knownAs(from.subarray(start, end))
  }

  #knownAs(bytes: Uint8Array): Known | null {
    const text = Buffer.from(bytes).toString('latin1')
    if (!PLAIN.test(text)) return null
    const { firstName, laterName, named } = this.#dialect
    const around = (before: ByteConstant) => byteConstant(`${textOf(before)}${text}${textOf(named)}`)
    return { name: nameWords(bytes), first: around(firstName), later: around(laterName) }
  }
}

function textOf({ bytes }: ByteConstant): string {
  return Buffer.from(bytes).toString()
}

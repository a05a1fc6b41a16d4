import type { Order } from '../../../model/position.ts'

/** How the GTIDs of a product grow. A stream is what precedes the number in a GTID: a server's UUID, or a domain and a server. */
export interface GrowthForm<Key, Value> {
  /** The character between the stream and the number. */
  readonly separator: string
  /** Whether GTIDs of one stream with these numbers, without those between them, have the same effect as the whole range. */
  follows(last: number, number: number): boolean
  /** Whether the GTID is new, and no later one of its stream is known. */
  isNewest(gtids: ReadonlyMap<Key, Value>, stream: string, number: number): boolean
  /** Adds the numbers from `first` to `last`. */
  add(gtids: ReadonlyMap<Key, Value>, stream: string, first: number, last: number): ReadonlyMap<Key, Value>
}

/** Longer numbers can be inexact in a double. */
const EXACT_DIGITS = 15
const ZERO = 0x30

/**
 * GTIDs that grow with each transaction of a stream. Every transaction has its own position, so a position must be cheap: the map is
 * computed only when something reads it.
 */
export class GrowingGtids<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #form: GrowthForm<Key, Value>
  readonly #base: ReadonlyMap<Key, Value>
  readonly #stream: string
  readonly #first: number
  readonly #last: number
  #map: ReadonlyMap<Key, Value> | null = null

  private constructor(
    form: GrowthForm<Key, Value>,
    base: ReadonlyMap<Key, Value>,
    stream: string,
    first: number,
    last: number,
  ) {
    this.#form = form
    this.#base = base
    this.#stream = stream
    this.#first = first
    this.#last = last
  }

  /** The GTIDs with one more. null: it is not the newest of its stream, or its number has too many digits. */
  static with<Key, Value>(
    gtids: ReadonlyMap<Key, Value>,
    gtid: string,
    form: GrowthForm<Key, Value>,
  ): GrowingGtids<Key, Value> | null {
    const grown = gtids instanceof GrowingGtids ? gtids.#next(gtid) : null
    if (grown !== null) return grown
    const at = gtid.lastIndexOf(form.separator)
    const number = numberAt(gtid, at + 1)
    const stream = gtid.slice(0, at)
    if (number === null || !form.isNewest(gtids, stream, number)) return null
    const base: ReadonlyMap<Key, Value> = gtids instanceof GrowingGtids ? gtids.#all : gtids
    return new GrowingGtids(form, base, stream, number, number)
  }

  /** null: it must be compared with the maps, since these did not grow from the same one. */
  static compare(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): Order | null {
    if (!(a instanceof GrowingGtids && b instanceof GrowingGtids)) return null
    if (a.#base !== b.#base || a.#stream !== b.#stream || a.#first !== b.#first) return null
    if (a.#last === b.#last) return 'same'
    return a.#last < b.#last ? 'before' : 'after'
  }

  get size(): number {
    return this.#all.size
  }

  get(key: Key): Value | undefined {
    return this.#all.get(key)
  }

  has(key: Key): boolean {
    return this.#all.has(key)
  }

  keys() {
    return this.#all.keys()
  }

  values() {
    return this.#all.values()
  }

  entries() {
    return this.#all.entries()
  }

  [Symbol.iterator]() {
    return this.#all[Symbol.iterator]()
  }

  forEach(use: (value: Value, key: Key, all: ReadonlyMap<Key, Value>) => void): void {
    this.#all.forEach(use)
  }

  get #all(): ReadonlyMap<Key, Value> {
    this.#map ??= this.#form.add(this.#base, this.#stream, this.#first, this.#last)
    return this.#map
  }

  /** null: the GTID is one of another stream, or does not follow. */
  #next(gtid: string): GrowingGtids<Key, Value> | null {
    const form = this.#form
    const stream = this.#stream
    if (gtid[stream.length] !== form.separator || !gtid.startsWith(stream)) return null
    const number = numberAt(gtid, stream.length + 1)
    if (number === null || !form.follows(this.#last, number)) return null
    return new GrowingGtids(form, this.#base, stream, this.#first, number)
  }
}

/** The number in the rest of the text. null: it is not a number, or has too many digits. */
function numberAt(text: string, start: number): number | null {
  let number = 0
  if (start === text.length || text.length - start > EXACT_DIGITS) return null
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) return null
    number = number * 10 + digit
  }
  return number
}

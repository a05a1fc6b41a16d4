import type { Order } from '../../../model/position.ts'

export interface Interval {
  readonly first: bigint
  readonly last: bigint
}

type Intervals = ReadonlyMap<string, readonly Interval[]>

type WithInterval = (set: Intervals, key: string, interval: Interval) => Intervals

/** Longer numbers can be inexact in a double. */
const EXACT_DIGITS = 15
const ZERO = 0x30

/**
 * A set of GTIDs and an interval of one source that grows with each transaction of a stream. Every transaction has a set of its own, so a
 * set must be cheap: its intervals are computed only when something reads them.
 */
export class GrowingGtidSet implements Intervals {
  readonly #base: Intervals
  readonly #key: string
  readonly #first: number
  readonly #last: number
  readonly #with: WithInterval
  #intervals: Intervals | null = null

  private constructor(base: Intervals, key: string, first: number, last: number, withInterval: WithInterval) {
    this.#base = base
    this.#key = key
    this.#first = first
    this.#last = last
    this.#with = withInterval
  }

  /**
   * The set with one more GTID, `key:number`. null: the set has the same or a later one of that source, or the number has too many digits.
   * `withInterval` adds an interval to a set.
   */
  static of(set: Intervals, gtid: string, withInterval: WithInterval): GrowingGtidSet | null {
    const at = gtid.lastIndexOf(':')
    const key = gtid.slice(0, at)
    const number = numberAt(gtid, at + 1)
    if (number === null || (set.get(key)?.at(-1)?.last ?? 0n) >= number) return null
    const base = set instanceof GrowingGtidSet ? set.#all : set
    return new GrowingGtidSet(base, key, number, number, withInterval)
  }

  /** The set with the next GTID of its source. null: it is another one. */
  next(gtid: string): GrowingGtidSet | null {
    const key = this.#key
    if (gtid.charCodeAt(key.length) !== 0x3a || !gtid.startsWith(key)) return null
    const number = numberAt(gtid, key.length + 1)
    if (number !== this.#last + 1) return null
    return new GrowingGtidSet(this.#base, key, this.#first, number, this.#with)
  }

  /** null: the sets did not grow from the same one. */
  compare(other: GrowingGtidSet): Order | null {
    if (this.#base !== other.#base || this.#key !== other.#key || this.#first !== other.#first) return null
    if (this.#last === other.#last) return 'same'
    return this.#last < other.#last ? 'before' : 'after'
  }

  get size(): number {
    return this.#all.size
  }

  get(key: string): readonly Interval[] | undefined {
    return this.#all.get(key)
  }

  has(key: string): boolean {
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

  forEach(use: (intervals: readonly Interval[], key: string, all: Intervals) => void): void {
    this.#all.forEach(use)
  }

  get #all(): Intervals {
    this.#intervals ??= this.#with(this.#base, this.#key, { first: BigInt(this.#first), last: BigInt(this.#last) })
    return this.#intervals
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

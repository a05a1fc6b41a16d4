/**
 * A map that keeps the entries that were used last: at least `most`, and at most twice as many. Setting or getting an entry uses it.
 *
 * The entries are in two generations. When the younger one is full, it replaces the older one, whose entries are forgotten.
 */
export class RecentEntries<Key, Value> {
  readonly #most: number
  #younger = new Map<Key, Value>()
  #older = new Map<Key, Value>()

  constructor(most: number) {
    this.#most = most
  }

  /** How many entries are kept. One that is in both generations counts twice. */
  get size(): number {
    return this.#younger.size + this.#older.size
  }

  get(key: Key): Value | undefined {
    const value = this.#younger.get(key)
    if (value !== undefined) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, value: Value): void {
    if (this.#younger.size >= this.#most && !this.#younger.has(key)) {
      this.#older = this.#younger
      this.#younger = new Map()
    }
    this.#younger.set(key, value)
  }

  clear(): void {
    this.#younger.clear()
    this.#older.clear()
  }
}

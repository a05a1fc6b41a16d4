import type { FakeShards } from './fake-shards.ts'
import type { BsonDocument } from './wire-message.ts'

/** One change as a stream shows it, without its token and its times. */
export interface LogChange {
  /** The database, and the collection unless the change is of the whole database. */
  readonly db: string
  readonly coll: string | null
  readonly uuid: string
  readonly operationType: string
  /** What else the event has, in mongod's order. */
  readonly fields: BsonDocument
  /** Only in a stream that asks for expanded events. */
  readonly expanded: boolean
  /** What else the event has in such a stream. */
  readonly expandedFields: BsonDocument
  /** Steps of paths in `updateDescription`, likewise. */
  readonly disambiguatedPaths: BsonDocument
  readonly preImage: BsonDocument | null
  readonly postImage: BsonDocument | null
  /** The shard that it was written to. 0 in a replica set. */
  readonly shard: number
}

export interface LogEntry {
  readonly time: bigint
  readonly wallTime: Date
  /** Empty: a no-op. Several: a transaction. */
  readonly changes: readonly LogChange[]
}

/** The oplog of the fake's replica set, or those of its shards in one. Entries have numbers that count from 0 and stay when older ones are removed. */
export class Oplog {
  readonly #entries: LogEntry[] = []
  readonly #waiting = new Set<() => void>()
  /** The number of the oldest entry that is there. */
  #first = 0
  #seconds: number
  #increment = 0
  readonly #shards: FakeShards
  /** What is written now has one cluster time. null: each entry has one of its own. */
  #together: LogChange[] | null = null

  constructor(seconds: number, shards: FakeShards) {
    this.#seconds = seconds
    this.#shards = shards
    this.append([])
  }

  /** The time of the newest entry: seconds in the upper 32 bits, the increment in the lower. */
  get time(): bigint {
    return (BigInt(this.#seconds) << 32n) | BigInt(this.#increment)
  }

  get first(): number {
    return this.#first
  }

  /** The number that the next entry gets. */
  get end(): number {
    return this.#first + this.#entries.length
  }

  /** undefined: it was removed, or is yet to come. */
  entry(number: number): LogEntry | undefined {
    return this.#entries[number - this.#first]
  }

  /** `noop`: the shard that writes a no-op; absent: all. */
  append(changes: readonly LogChange[], noop?: number): bigint {
    if (this.#together !== null) {
      this.#together.push(...changes)
      return this.time
    }
    this.#increment += 1
    const placed = changes.map((change) => ({ ...change, shard: this.#shards.shardOf(change) }))
    this.#entries.push({ time: this.time, wallTime: new Date(this.#seconds * 1_000), changes: placed })
    this.#shards.write(noop === undefined ? placed.map(({ shard }) => shard) : [noop], this.time)
    for (const wake of [...this.#waiting]) wake()
    return this.time
  }

  /** What `work` writes gets one cluster time, as different shards can give it. */
  together(work: () => void): void {
    const changes: LogChange[] = []
    this.#together = changes
    try {
      work()
    } finally {
      this.#together = null
    }
    this.append(changes)
  }

  /** Moves the clock of the replica set. The next entry has the new time. */
  advance(seconds: number): void {
    this.#seconds += seconds
    this.#increment = 0
  }

  /** The number of the first entry at this time or later. */
  from(time: bigint): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.time ?? 0n) < time) low = middle + 1
      else high = middle
    }
    return this.#first + low
  }

  /** Removes the entries before this time, but not the newest. */
  trimBefore(time: bigint): void {
    const count = Math.min(this.from(time), this.end - 1) - this.#first
    this.#entries.splice(0, count)
    this.#first += count
  }

  /** Resolves at the next entry, or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    this.#waiting.delete(resolve)
  }
}

import { isDocument } from './document-match.ts'
import type { LogChange } from './oplog.ts'

/** How far each shard of the fake's cluster has written its oplog. A replica set is a single one. */
export class FakeShards {
  /** The shard of a document whose `_id` is a number. */
  place = (id: number): number => Math.abs(id) % this.count
  readonly #reached: bigint[]

  constructor(count: number) {
    this.#reached = Array.from({ length: count }, () => 0n)
  }

  get count(): number {
    return this.#reached.length
  }

  /** The time that all have reached: a router shows no later event. */
  get reached(): bigint {
    const [least = 0n] = this.#reached.toSorted((a, b) => Number(a > b) - Number(a < b))
    return least
  }

  reachedBy(shard: number): bigint {
    return this.#reached[shard] ?? 0n
  }

  /** All but documents with a number as `_id` is on the first shard. */
  shardOf({ fields }: Pick<LogChange, 'fields'>): number {
    const key = fields['documentKey']
    const id = isDocument(key) ? key['_id'] : undefined
    return typeof id === 'number' ? this.place(id) : 0
  }

  /** None: all, as by a no-op of each. */
  write(shards: readonly number[], time: bigint): void {
    for (const [shard] of this.#reached.entries())
      if (shards.length === 0 || shards.includes(shard)) this.#reached[shard] = time
  }
}

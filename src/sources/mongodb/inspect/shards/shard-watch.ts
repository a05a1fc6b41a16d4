import { OffbeatError } from '../../../../model/error.ts'
import { address } from '../../../connect/server-target.ts'
import type { MongodbConfig } from '../../config.ts'
import { askHello, connectMongodb, type MongodbConnection } from '../../connect/connection.ts'
import { clusterTimeOf } from '../../connect/reply.ts'
import type { ClusterTime } from '../../position/cluster-time.ts'
import { type Oplog, readOplog } from '../oplog.ts'
import { OplogWindow } from '../oplog-window.ts'
import { readMinimumRetention } from '../retention.ts'
import { readServerNow } from '../server-now.ts'
import { listShards, type Shard, shardConfig } from './shard.ts'

/** One shard, as far as it can be seen from here. */
export interface ShardSight {
  readonly shard: Shard
  /** The newest operation that a majority of its members has. null: none of its members can be reached. */
  readonly newest: ClusterTime | null
  readonly log: ShardLog | null
  /** Why `log` is null. */
  readonly hiddenBy: { readonly is: 'denied' | 'unreachable'; readonly found: string } | null
}

interface ShardLog {
  readonly oplog: Oplog
  /** See `readMinimumRetention`. */
  readonly minimumMs: number | null
  /** See `OplogWindow`. */
  readonly speed: number | null
}

/** null: the user is not allowed to see which shards there are. */
export type ClusterSight = readonly ShardSight[] | null

const CONNECT_TIMEOUT_MS = 2000

/** After a refused login. Each time is a failed login in the shard's log, but an administrator can have created the user since. */
const LOGIN_AGAIN_MS = 3_600_000

interface Refusal {
  readonly found: string
  readonly atMs: number
}

/**
 * Watches the shards of a cluster, each over a connection of its own to its members: a router shows nothing of their oplogs. For the oplog the
 * source's user has to exist on the shard too. How far a shard has written can be seen without a login.
 */
export class ShardWatch {
  readonly #config: MongodbConfig
  readonly #source: string
  readonly #windows = new Map<string, OplogWindow>()
  /** What the shards said that refused the user, by their names. */
  readonly #refused = new Map<string, Refusal>()
  #last: ClusterSight = null

  constructor(config: MongodbConfig, source: string) {
    this.#config = config
    this.#source = source
  }

  /** What `look` returned last. */
  get last(): ClusterSight {
    return this.#last
  }

  async look(router: MongodbConnection, monotonicMs: number, signal: AbortSignal): Promise<ClusterSight> {
    const shards = await listShards(router, signal)
    const sights = shards?.map((shard) => this.#sight(shard, monotonicMs, signal)) ?? null
    this.#last = sights === null ? null : await Promise.all(sights)
    return this.#last
  }

  async #sight(shard: Shard, monotonicMs: number, signal: AbortSignal): Promise<ShardSight> {
    const refused = this.#refused.get(shard.name)
    if (refused !== undefined && monotonicMs - refused.atMs < LOGIN_AGAIN_MS)
      return await this.#refusedSight(shard, refused.found, signal)
    try {
      return await this.#logOf(shard, monotonicMs, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof OffbeatError)) throw error
      const found = wordsOf(error)
      if (error.retry) return { shard, newest: null, log: null, hiddenBy: { is: 'unreachable', found } }
      this.#refused.set(shard.name, { found, atMs: monotonicMs })
      return await this.#refusedSight(shard, found, signal)
    }
  }

  async #refusedSight(shard: Shard, found: string, signal: AbortSignal): Promise<ShardSight> {
    return { shard, newest: await this.#newestOf(shard, signal), log: null, hiddenBy: { is: 'denied', found } }
  }

  async #logOf(shard: Shard, monotonicMs: number, signal: AbortSignal): Promise<ShardSight> {
    await using connection = await connectMongodb(shardConfig(this.#config, shard), this.#about(signal))
    const { head: newest } = await readServerNow(connection, signal)
    const sight = await readOplog(connection, signal)
    if (sight.seen !== 'oplog')
      return { shard, newest, log: null, hiddenBy: { is: 'denied', found: 'local.oplog.rs cannot be read' } }
    const minimum = await readMinimumRetention(connection, signal)
    const speed = this.#windowOf(shard).speed(sight.oplog, {
      member: address(connection.target),
      nowMs: monotonicMs,
    })
    const minimumMs = minimum === 'denied' ? null : minimum
    return { shard, newest, log: { oplog: sight.oplog, minimumMs, speed }, hiddenBy: null }
  }

  async #newestOf(shard: Shard, signal: AbortSignal): Promise<ClusterTime | null> {
    try {
      const { lastWrite } = await askHello(shardConfig(this.#config, shard), this.#about(signal))
      return clusterTimeOf(lastWrite?.majorityOpTime?.ts)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof OffbeatError) return null
      throw error
    }
  }

  #windowOf({ name }: Shard): OplogWindow {
    const known = this.#windows.get(name) ?? new OplogWindow()
    this.#windows.set(name, known)
    return known
  }

  #about(signal: AbortSignal) {
    return { source: this.#source, connectTimeoutMs: CONNECT_TIMEOUT_MS, signal }
  }
}

function wordsOf({ message, found }: OffbeatError): string {
  return found === null ? message : `${message}: ${found}`
}

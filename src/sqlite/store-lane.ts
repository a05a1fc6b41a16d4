import type { Clock } from '../model/clock.ts'
import { OffbeatError } from '../model/error.ts'
import type { Batch } from '../model/message.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Lane, OffsetLane } from '../sinks/sink.ts'
import { packBatch } from './packed-batch.ts'
import type { StoreWorkerClient } from './store-worker-client.ts'
import type { Claimed } from './worker-message.ts'

/** A source's lane in the store: for messages with offsets as part of the sink, or for offsets alone. */
export class StoreLane implements Lane, OffsetLane {
  readonly #worker: StoreWorkerClient
  readonly #clock: Clock
  readonly #source: string
  readonly #epoch: number
  readonly offset: StoredOffset | null
  readonly topics: ReadonlySet<string>
  #disposed: Promise<void> | null = null

  private constructor(worker: StoreWorkerClient, clock: Clock, source: string, claimed: Claimed) {
    this.#worker = worker
    this.#clock = clock
    this.#source = source
    this.#epoch = claimed.epoch
    this.offset = claimed.offset
    this.topics = new Set(claimed.topics)
  }

  static async claim(worker: StoreWorkerClient, clock: Clock, source: string, signal: AbortSignal): Promise<StoreLane> {
    signal.throwIfAborted()
    const claimed = await untilAborted(worker.request({ op: 'claim', source }), signal)
    if (claimed === null) throw new OffbeatError('DEFECT', { message: 'The store answered a claim with nothing.' })
    return new StoreLane(worker, clock, source, claimed)
  }

  async write(batch: Batch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { messages, offset } = batch
    if (messages.length === 0 && offset === null) return
    const { packed, transfer } = messages.length === 0 ? { packed: null, transfer: [] } : packBatch(messages)
    const request = { op: 'write', source: this.#source, epoch: this.#epoch, batch: packed, offset } as const
    await untilAborted(this.#worker.request({ ...request, nowMs: this.#clock.nowMs() }, transfer), signal)
  }

  store(offset: StoredOffset, signal: AbortSignal): Promise<void> {
    return this.write({ messages: [], offset }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#release()
    await this.#disposed
  }

  /** A store that is closed or fails must not cause a failure here. The next claim deletes the messages that are not visible. */
  async #release(): Promise<void> {
    try {
      await this.#worker.request({ op: 'release', source: this.#source, epoch: this.#epoch })
    } catch (error) {
      if (!(error instanceof OffbeatError)) throw error
    }
  }
}

/** The request itself continues when the signal aborts; only the wait ends. The next claim sees its outcome. */
async function untilAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([asked, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

import { OffbeatError } from '../model/error.ts'
import type { Batch } from '../model/message.ts'
import type { Lane, OffsetLane, OffsetStore, Outlet, Sink } from './sink.ts'

/**
 * Combines an outlet and an offset store into a sink. It delivers first, then stores the offset, so delivery is at least once. Messages
 * delivered without an offset (part of a transaction larger than a batch) are out immediately, and are delivered again after a crash.
 * Disposing it disposes the outlet, not the store.
 */
export function paired(outlet: Outlet, offsets: OffsetStore): Sink {
  const newest = new Map<string, PairedLane>()
  return {
    ...(outlet.messageLimit === undefined ? {} : { messageLimit: outlet.messageLimit }),
    async claim(source, signal) {
      const isNewest = (lane: PairedLane): boolean => newest.get(source) === lane
      const lane = new PairedLane(outlet, await offsets.claim(source, signal), source, isNewest)
      newest.set(source, lane)
      return lane
    },
    [Symbol.asyncDispose]: () => Promise.resolve(outlet[Symbol.asyncDispose]()),
  }
}

class PairedLane implements Lane {
  readonly #outlet: Outlet
  readonly #offsets: OffsetLane
  readonly #source: string
  readonly #isNewest: (lane: PairedLane) => boolean

  constructor(outlet: Outlet, offsets: OffsetLane, source: string, isNewest: (lane: PairedLane) => boolean) {
    this.#outlet = outlet
    this.#offsets = offsets
    this.#source = source
    this.#isNewest = isNewest
  }

  get offset() {
    return this.#offsets.offset
  }

  get returnsBytes(): boolean {
    return this.#outlet.returnsBytes === true
  }

  async write(batch: Batch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    // The offset store would reject the write only after the messages are out.
    if (!this.#isNewest(this)) throw fenced(this.#source)
    if (batch.messages.length > 0) await this.#outlet.deliver(batch, signal)
    if (batch.offset !== null) await this.#offsets.store(batch.offset, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#offsets[Symbol.asyncDispose]()
  }
}

function fenced(source: string): OffbeatError {
  return new OffbeatError('FENCED', {
    message: `Another connector has claimed the lane of the source ${source}.`,
    details: { source },
  })
}

import type { Batch, MessageLimit } from '../model/message.ts'
import type { StoredOffset } from '../model/offset.ts'

/** Where changes and heartbeats are delivered; topics live in it. */
export interface Sink extends AsyncDisposable {
  /** No larger message is ever given to a lane. Absent: the sink takes what the runtime can make. */
  readonly messageLimit?: MessageLimit
  /** The source's exclusive way in: an older holder's next write fails FENCED. What came after the last stored offset is dropped. */
  claim(source: string, signal: AbortSignal): Promise<Lane>
}

export interface Lane extends AsyncDisposable {
  /** The stored offset, read after the claim; null when this source never stored one. */
  readonly offset: StoredOffset | null
  /** The source's topics that had messages at the claim; absent where the sink does not keep them. */
  readonly topics?: ReadonlySet<string>
  /**
   * Takes the batch over, bytes and all: the caller must not touch them again. Calls come one after the other, never two at once.
   * With an offset: resolves when everything written since the last offset is durable and visible together with it, and the
   * ledger has the move. With null: resolves when taken. After a rejection the lane is to be disposed and claimed again.
   * Disposing drops what came since the last offset.
   */
  write(batch: Batch, signal: AbortSignal): Promise<void>
}

/** Keeps offsets for a sink that cannot: the same guarantees, for the offset alone. */
export interface OffsetLane extends AsyncDisposable {
  readonly offset: StoredOffset | null
  /** Resolves when durable. */
  store(offset: StoredOffset, signal: AbortSignal): Promise<void>
}

export interface OffsetStore extends AsyncDisposable {
  claim(source: string, signal: AbortSignal): Promise<OffsetLane>
}

/** A sink without a memory: `deliver` resolves when the messages are out of our hands as safely as the sink can. */
export interface Outlet extends AsyncDisposable {
  /** As of a sink. */
  readonly messageLimit?: MessageLimit
  deliver(batch: Batch, signal: AbortSignal): Promise<void>
}

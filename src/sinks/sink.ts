import type { Batch, MessageLimit } from '../model/message.ts'
import type { StoredOffset } from '../model/offset.ts'

/** Where changes and heartbeats are delivered. The sink contains the topics. */
export interface Sink extends AsyncDisposable {
  /** No larger message is ever passed to a lane. Absent: the sink accepts any message that the runtime can create. */
  readonly messageLimit?: MessageLimit
  /**
   * Claims the source's exclusive lane. The next write of an older lane fails with FENCED. Messages after the last stored offset are
   * dropped.
   */
  claim(source: string, signal: AbortSignal): Promise<Lane>
}

export interface Lane extends AsyncDisposable {
  /** The stored offset, read after the claim; null when this source never stored one. */
  readonly offset: StoredOffset | null
  /** The source's topics that had messages at the time of the claim. Absent where the sink does not keep topics. */
  readonly topics?: ReadonlySet<string>
  /** Whether the bytes of a batch belong to the caller again when `write` resolves, so that it can write the next batch into them. */
  readonly returnsBytes?: boolean
  /**
   * Takes ownership of the batch and its bytes: the caller must not use them afterwards, except with `returnsBytes`. Calls must not overlap. With an offset: resolves
   * when everything written since the last offset is durable and visible together with it, and the ledger has the move. With null: resolves
   * when the batch is accepted. After a rejection, dispose the lane and claim it again. Disposing drops everything after the last offset.
   */
  write(batch: Batch, signal: AbortSignal): Promise<void>
}

/** Stores offsets for a sink that cannot: the same guarantees, for offsets only. */
export interface OffsetLane extends AsyncDisposable {
  readonly offset: StoredOffset | null
  /** Resolves when durable. */
  store(offset: StoredOffset, signal: AbortSignal): Promise<void>
}

export interface OffsetStore extends AsyncDisposable {
  claim(source: string, signal: AbortSignal): Promise<OffsetLane>
}

/** A sink that stores no offsets. `deliver` resolves when the messages are handed over as safely as the sink can. */
export interface Outlet extends AsyncDisposable {
  /** As for a sink. */
  readonly messageLimit?: MessageLimit
  /** Whether the outlet needs the bytes of a batch no more when `deliver` resolves. */
  readonly returnsBytes?: boolean
  deliver(batch: Batch, signal: AbortSignal): Promise<void>
}

import type { Batch } from '../../model/message.ts'
import type { Outlet } from '../sink.ts'

/** Counts the messages and discards them, for measurements. */
export class DiscardOutlet implements Outlet {
  messages = 0
  /** The total size of keys and values. */
  bytes = 0
  readonly returnsBytes = true

  deliver(batch: Batch): Promise<void> {
    this.messages += batch.messages.length
    for (const { keyAt, end } of batch.messages) this.bytes += end - keyAt
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

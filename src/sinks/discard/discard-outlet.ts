import type { Batch } from '../../model/message.ts'
import type { Outlet } from '../sink.ts'

/** Counts what it is given and keeps nothing: for measuring. */
export class DiscardOutlet implements Outlet {
  messages = 0
  /** Of keys and values together. */
  bytes = 0

  deliver(batch: Batch): Promise<void> {
    this.messages += batch.messages.length
    for (const { keyAt, end } of batch.messages) this.bytes += end - keyAt
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

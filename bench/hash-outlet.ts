import { createHash } from 'node:crypto'
import type { Batch } from '../src/model/message.ts'
import { HEARTBEAT_TOPIC } from '../src/model/message.ts'
import type { Outlet } from '../src/sinks/sink.ts'

/** A hash over every change message, key and value, in order. */
export class HashOutlet implements Outlet {
  readonly #hash = createHash('sha256')
  #messages = 0

  deliver(batch: Batch): Promise<void> {
    for (const { topic, bytes, keyAt, end } of batch.messages) {
      if (topic === HEARTBEAT_TOPIC) continue
      this.#hash.update(bytes.subarray(keyAt, end))
      this.#messages++
    }
    return Promise.resolve()
  }

  figures(): object {
    return { messages: this.#messages, sha256: this.#hash.digest('hex') }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

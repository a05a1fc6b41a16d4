import { ByteWriter } from '../model/byte-writer.ts'
import { type Message, type MessageLimit, RUNTIME_MESSAGE_LIMIT } from '../model/message.ts'
import type { Offset } from '../model/offset.ts'

const BLOCK_BYTES = 256 * 1024
/** A value can reserve this much more than it takes. */
const RESERVED_BYTES = 8 * 1024 * 1024

/** A message is larger than the limit: at least this large. */
export class MessageLimitError extends Error {
  override readonly name = 'MessageLimitError'
  readonly bytes: number

  constructor(bytes: number) {
    super('a message is above its limit')
    this.bytes = bytes
  }
}

/** A message whose block is known when its batch is taken. */
type Draft = { -readonly [Field in keyof Message]: Message[Field] }

const NO_BYTES = new Uint8Array(0)

/**
 * Collects messages in the order of the log, and knows up to where they are whole transactions: `cover` says so.
 * What is taken with an offset never holds a part of a transaction.
 */
export class BatchBuilder {
  readonly writer = new ByteWriter(BLOCK_BYTES)
  readonly limit: MessageLimit
  #begunAt = 0
  #messages: Draft[] = []
  #offset: Offset | null = null
  #coveredMessages = 0
  #coveredBytes = 0

  constructor(limit: MessageLimit = RUNTIME_MESSAGE_LIMIT) {
    this.limit = limit
    // A message far above the limit is given up before it takes memory.
    this.writer.mayGrow = (needed) => this.#mustFit(needed - RESERVED_BYTES)
  }

  /** The offset that covers what is whole; null when nothing is. */
  get offset(): Offset | null {
    return this.#offset
  }

  get byteLength(): number {
    return this.writer.length
  }

  /** Where the next message starts. One above the limit is refused by MessageLimitError, while it is written or when it is added. */
  begin(): number {
    this.#begunAt = this.writer.length
    return this.#begunAt
  }

  #mustFit(length: number): void {
    const bytes = length - this.#begunAt
    if (bytes > this.limit.bytes) throw new MessageLimitError(bytes)
  }

  /** The message from `keyAt` to the end of what has been written. */
  add(topic: string, keyAt: number, valueAt: number, tsMs: number): void {
    this.#begunAt = keyAt
    this.#mustFit(this.writer.length)
    this.#messages.push({ topic, bytes: NO_BYTES, keyAt, valueAt, end: this.writer.length, tsMs })
  }

  /** Everything added so far is whole, and `offset` covers it. */
  cover(offset: Offset): void {
    this.#offset = offset
    this.#coveredMessages = this.#messages.length
    this.#coveredBytes = this.writer.length
  }

  /** What is whole, with its offset; null when nothing is covered. What came after stays. */
  takeWhole(): { readonly messages: readonly Message[]; readonly offset: Offset } | null {
    const offset = this.#offset
    if (offset === null) return null
    const rest = this.#messages.splice(this.#coveredMessages)
    const from = this.#coveredBytes
    const tail = rest.length === 0 ? null : Buffer.from(this.writer.bytes.subarray(from, this.writer.length))
    this.writer.length = from
    const messages = this.#take()
    if (tail !== null) {
      this.writer.copy(tail, 0, tail.length)
      this.#messages = rest.map((draft) => moved(draft, -from))
    }
    return { messages, offset }
  }

  /** Everything, as a part of a transaction that is larger than a batch: only when nothing is covered. */
  takePart(): { readonly messages: readonly Message[] } {
    return { messages: this.#take() }
  }

  /** Forgets everything. */
  clear(): void {
    this.writer.length = 0
    this.#messages = []
    this.#reset()
  }

  #take(): readonly Message[] {
    const bytes = this.#messages.length === 0 ? Buffer.alloc(0) : this.writer.take()
    const messages = this.#messages
    for (const message of messages) message.bytes = bytes
    this.#messages = []
    this.#reset()
    return messages
  }

  #reset(): void {
    this.#offset = null
    this.#coveredMessages = 0
    this.#coveredBytes = 0
  }
}

function moved(draft: Draft, by: number): Draft {
  return { ...draft, keyAt: draft.keyAt + by, valueAt: draft.valueAt + by, end: draft.end + by }
}

import { ByteWriter } from '../model/byte-writer.ts'
import { type Message, type MessageLimit, RUNTIME_MESSAGE_LIMIT } from '../model/message.ts'
import type { Offset } from '../model/offset.ts'

const BLOCK_BYTES = 256 * 1024
/** A writer reserves at most this many bytes more than a value needs. */
const RESERVED_BYTES = 8 * 1024 * 1024

/** A message is larger than the limit. `bytes` is a lower bound of its size. */
export class MessageLimitError extends Error {
  override readonly name = 'MessageLimitError'
  readonly bytes: number

  constructor(bytes: number) {
    super('a message is above its limit')
    this.bytes = bytes
  }
}

/** A message whose block of bytes is set when its batch is taken. */
type Draft = { -readonly [Field in keyof Message]: Message[Field] }

const NO_BYTES = new Uint8Array(0)

/**
 * Collects messages in log order. `cover` marks how far they form whole transactions. A batch taken with an offset never contains part of a
 * transaction.
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
    // Rejects a message far above the limit before memory is allocated for it.
    this.writer.mayGrow = (needed) => this.#mustFit(needed - RESERVED_BYTES)
  }

  /** The offset that covers the whole transactions so far; null when there are none. */
  get offset(): Offset | null {
    return this.#offset
  }

  get byteLength(): number {
    return this.writer.length
  }

  /**
   * Returns where the next message starts. MessageLimitError rejects a message above the limit, either while it is written or when it is
   * added.
   */
  begin(): number {
    this.#begunAt = this.writer.length
    return this.#begunAt
  }

  #mustFit(length: number): void {
    const bytes = length - this.#begunAt
    if (bytes > this.limit.bytes) throw new MessageLimitError(bytes)
  }

  /** Adds the message from `keyAt` to the end of what has been written. */
  add(topic: string, keyAt: number, valueAt: number, tsMs: number): void {
    this.#begunAt = keyAt
    this.#mustFit(this.writer.length)
    this.#messages.push({ topic, bytes: NO_BYTES, keyAt, valueAt, end: this.writer.length, tsMs })
  }

  /** Marks everything added so far as whole transactions that end at `offset`. */
  cover(offset: Offset): void {
    this.#offset = offset
    this.#coveredMessages = this.#messages.length
    this.#coveredBytes = this.writer.length
  }

  /** Discards everything added after the whole transactions. */
  uncover(): void {
    this.#messages.length = this.#coveredMessages
    this.writer.length = this.#coveredBytes
  }

  /** Takes the whole transactions with their offset; null when nothing is covered. Later messages stay. */
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

  /** Takes everything as one part of a transaction that is larger than a batch. Call it only when nothing is covered. */
  takePart(): { readonly messages: readonly Message[] } {
    return { messages: this.#take() }
  }

  /** Gives back the bytes of messages that were taken, when nobody uses them any more. */
  giveBack([first]: readonly Message[]): void {
    if (first !== undefined) this.writer.giveBack(first.bytes)
  }

  /** Discards everything. */
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

import { isMarkedAsUntransferable } from 'node:worker_threads'
import type { Message } from '../model/message.ts'

/**
 * Messages in the form that is sent to the worker: blocks of bytes, and six numbers for each message (topic, block, keyAt, valueAt, end,
 * tsMs).
 */
export interface PackedBatch {
  readonly topics: readonly string[]
  readonly blocks: readonly Uint8Array[]
  readonly index: Float64Array<ArrayBuffer>
}

export const INDEX_FIELDS = 6
/** Below this size a copy is cheaper than a transfer of the memory. */
const COPY_BELOW_BYTES = 4096

/**
 * Packs the messages of a batch. `transfer` lists the memory that is transferred. A block is transferred when its view begins at the start
 * of an ArrayBuffer that can be given away (as those from `ByteWriter.take` do), and copied when it is a slice of a larger buffer.
 */
export function packBatch(messages: readonly Message[]): { packed: PackedBatch; transfer: ArrayBuffer[] } {
  const index = new Float64Array(messages.length * INDEX_FIELDS)
  const topics = new Numbering<string>()
  const blocks = new Numbering<Uint8Array>()
  let at = 0
  for (const message of messages) {
    index[at] = topics.numberOf(message.topic)
    index[at + 1] = blocks.numberOf(message.bytes)
    index[at + 2] = message.keyAt
    index[at + 3] = message.valueAt
    index[at + 4] = message.end
    index[at + 5] = message.tsMs
    at += INDEX_FIELDS
  }
  const transfer = new Set<ArrayBuffer>([index.buffer])
  const sent = blocks.values.map((block) => ownBlock(block, transfer))
  return { packed: { topics: topics.values, blocks: sent, index }, transfer: [...transfer] }
}

/** Numbers values in the order of their first appearance. Fast when the same value is repeated. */
class Numbering<T> {
  readonly values: T[] = []
  readonly #numbers = new Map<T, number>()
  #last: T | undefined
  #lastNumber = -1

  numberOf(value: T): number {
    if (value === this.#last && this.#lastNumber >= 0) return this.#lastNumber
    const known = this.#numbers.get(value)
    const number = known ?? this.values.push(value) - 1
    if (known === undefined) this.#numbers.set(value, number)
    this.#last = value
    this.#lastNumber = number
    return number
  }
}

function ownBlock(block: Uint8Array, transfer: Set<ArrayBuffer>): Uint8Array {
  const memory = block.buffer
  const whole = block.byteOffset === 0 && memory instanceof ArrayBuffer && !isMarkedAsUntransferable(memory)
  if (!whole || block.length < COPY_BELOW_BYTES) return new Uint8Array(block)
  transfer.add(memory)
  return new Uint8Array(memory, 0, block.length)
}

/** Above this size, a call into the runtime is faster. */
const LONGEST_BYTES = 96
const WORD_BYTES = 8

/** A text that is written many times, such as the name of a column, as UTF-8. */
export interface ByteConstant {
  readonly length: number
  readonly bytes: Uint8Array
  /**
   * The bytes as numbers of 64 bits, little-endian, with zeros at the end: two writes are faster than a call that copies a dozen bytes. No
   * bytes of UTF-8 are a NaN, whose bits would not be kept. null: the text is too long.
   */
  readonly words: Float64Array | null
}

export function byteConstant(text: string): ByteConstant {
  const bytes = Buffer.from(text)
  return { length: bytes.length, bytes, words: bytes.length > LONGEST_BYTES ? null : wordsOf(bytes) }
}

function wordsOf(bytes: Buffer): Float64Array {
  const padded = Buffer.alloc(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES)
  bytes.copy(padded)
  return Float64Array.from({ length: padded.length / WORD_BYTES }, (_, i) => padded.readDoubleLE(i * WORD_BYTES))
}

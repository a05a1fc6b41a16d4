/** Bytes to compare with, four in one step. */
export interface ByteWords {
  readonly bytes: Uint8Array
  /** Numbers of 32 bits, least significant byte first. The last one overlaps the one before it. Empty for fewer than four bytes. */
  readonly words: Int32Array
}

const WORD = 4

export function byteWords(from: Uint8Array): ByteWords {
  const bytes = Uint8Array.from(from)
  const view = new DataView(bytes.buffer)
  const count = bytes.length < WORD ? 0 : Math.ceil(bytes.length / WORD)
  const words = Int32Array.from({ length: count }, (_, i) =>
    view.getInt32(Math.min(i * WORD, bytes.length - WORD), true),
  )
  return { bytes, words }
}

/** The bytes of a field's name, with the 0 that ends it. */
export function nameWords(name: Uint8Array): ByteWords {
  return byteWords(Buffer.concat([name, Buffer.of(0)]))
}

/** Whether these bytes are at `at`, all before `limit`. `view` is of the same memory as `from`. */
export function areAt(
  { bytes, words }: ByteWords,
  from: Uint8Array,
  view: DataView,
  at: number,
  limit: number,
): boolean {
  const length = bytes.length
  if (at + length > limit) return false
  const last = words.length - 1
  if (last < 0) {
    for (let i = 0; i < length; i++) if (from[at + i] !== bytes[i]) return false
    return true
  }
  for (let i = 0; i < last; i++) if (view.getInt32(at + WORD * i, true) !== words[i]) return false
  return view.getInt32(at + length - WORD, true) === words[last]
}

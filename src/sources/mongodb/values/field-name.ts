/** The bytes of a field's name, to compare with. */
export function fieldName(name: string): Uint8Array {
  return Uint8Array.from(Buffer.from(name, 'latin1'))
}

export function isNamed(from: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  const count = name.length
  if (end - start !== count) return false
  for (let i = 0; i < count; i++) if (from[start + i] !== name[i]) return false
  return true
}

/** A name with the 0 that ends it, as numbers of 32 bits, to compare four bytes in one step. */
export interface NameWords {
  /** Of the name without the 0. */
  readonly length: number
  readonly bytes: Uint8Array
  /** Each of four bytes, least significant first. The last one overlaps the one before. */
  readonly words: Int32Array
}

const WORD = 4

export function nameWords(name: Uint8Array): NameWords {
  const bytes = new Uint8Array(name.length + 1)
  bytes.set(name)
  const view = new DataView(bytes.buffer)
  const count = bytes.length < WORD ? 0 : Math.ceil(bytes.length / WORD)
  const words = Int32Array.from({ length: count }, (_, i) => view.getInt32(wordAt(i, bytes.length), true))
  return { length: name.length, bytes, words }
}

/** Whether the bytes at `at` are this name, with the 0 that ends it before `limit`. `view` is of the same memory as `from`. */
export function startsWithName(from: Uint8Array, view: DataView, at: number, limit: number, name: NameWords): boolean {
  const { bytes, words } = name
  const length = bytes.length
  if (at + length > limit) return false
  const count = words.length
  if (count === 0) {
    for (let i = 0; i < length; i++) if (from[at + i] !== bytes[i]) return false
    return true
  }
  const last = count - 1
  for (let i = 0; i < last; i++) if (view.getInt32(at + WORD * i, true) !== words[i]) return false
  return view.getInt32(at + length - WORD, true) === words[last]
}

function wordAt(i: number, length: number): number {
  return Math.min(i * WORD, length - WORD)
}

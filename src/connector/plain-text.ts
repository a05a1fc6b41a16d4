import type { ByteWriter } from '../model/byte-writer.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LAST_ASCII = 0x7e

/** Writes a text as a JSON string. */
export function writeString(text: string, to: ByteWriter): void {
  const start = to.length
  to.byte(QUOTE)
  if (writePlain(text, to)) to.byte(QUOTE)
  else {
    to.length = start
    to.utf8(JSON.stringify(text))
  }
}

/** Writes a text that JSON does not escape and that is ASCII. Returns false, with nothing written, for any other text. */
export function writePlain(text: string, to: ByteWriter): boolean {
  to.reserve(text.length)
  const { bytes, length: start } = to
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > LAST_ASCII || code === QUOTE || code === BACKSLASH) return false
    bytes[start + i] = code
  }
  to.length = start + text.length
  return true
}

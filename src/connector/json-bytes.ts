import type { ByteWriter } from '../model/byte-writer.ts'

/** The bytes of a piece of JSON text that is written often. */
export function fragment(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

/** Copies a whole fragment. Short ones are copied byte by byte, which is faster than a call into the runtime. */
export function writeFragment(piece: Buffer, to: ByteWriter): void {
  to.copy(piece, 0, piece.length)
}

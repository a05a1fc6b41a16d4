import type { ByteWriter } from '../model/byte-writer.ts'

/** A piece of JSON text that is written often, as bytes. */
export function fragment(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

/** Copies a whole fragment; short ones byte by byte, which beats a call into the runtime. */
export function writeFragment(piece: Buffer, to: ByteWriter): void {
  to.copy(piece, 0, piece.length)
}

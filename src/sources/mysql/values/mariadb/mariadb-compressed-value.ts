import { inflateRawSync, inflateSync } from 'node:zlib'
import type { JsonWriter } from '../../../../model/table.ts'
import { invalidValue } from '../../../../values/value-error.ts'

/**
 * The value of a MariaDB column with the attribute COMPRESSED.
 *
 *   compressed   form:u8 [length, big-endian] bytes, up to the end; nothing: the empty value
 *
 * The upper four bits of `form` are the method: 0 is uncompressed bytes without a length, 8 is zlib. The lowest three bits are the number
 * of bytes in `length`. The fourth bit means that the zlib header is omitted.
 */
export function compressedWriter(write: JsonWriter): JsonWriter {
  return (from, start, end, to) => {
    if (start === end) {
      write(from, start, end, to)
      return
    }
    const form = from[start] as number
    if (form === 0) write(from, start + 1, end, to)
    else {
      const plain = unpacked(form, from, start + 1, end)
      write(plain, 0, plain.length, to)
    }
  }
}

function unpacked(form: number, from: Uint8Array, start: number, end: number): Buffer {
  const lengthBytes = form & 7
  if (form >> 4 !== 8 || lengthBytes < 1 || lengthBytes > 4 || lengthBytes > end - start)
    throw notCompressed(end - start)
  let length = 0
  for (let at = start; at < start + lengthBytes; at++) length = length * 256 + (from[at] as number)
  const bytes = from.subarray(start + lengthBytes, end)
  try {
    const options = { maxOutputLength: length + 1 }
    const plain = (form & 8) === 0 ? inflateSync(bytes, options) : inflateRawSync(bytes, options)
    if (plain.length === length) return plain
  } catch {
    // Reported below. The thrown error is not attached because it can contain bytes of the value.
  }
  throw notCompressed(end - start)
}

function notCompressed(length: number) {
  return invalidValue('a compressed value', length)
}

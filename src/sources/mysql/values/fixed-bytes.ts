import type { JsonWriter } from '../../../model/table.ts'

/** BINARY(n): the log omits trailing zero bytes, but they are part of the value. This adds them again. */
export function paddedWriter(length: number, write: JsonWriter): JsonWriter {
  return (from, start, end, to) => {
    if (end - start >= length) {
      write(from, start, end, to)
      return
    }
    const whole = Buffer.alloc(length)
    whole.set(from.subarray(start, end))
    write(whole, 0, length, to)
  }
}

import type { JsonWriter } from '../../../model/table.ts'

/** BINARY(n): the log leaves out the zero bytes at the end, which belong to the value. */
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

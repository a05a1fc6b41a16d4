import { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'

/** Longer than any number or time. */
const TEXT_BYTES = 128

/** For the modes that few use: what `first` writes is read by `then`. */
export function throughText(first: JsonWriter, then: JsonWriter): JsonWriter {
  const text = new ByteWriter(TEXT_BYTES)
  return (from, start, end, to) => {
    text.length = 0
    first(from, start, end, text)
    then(text.bytes, 0, text.length, to)
  }
}

import { ByteWriter } from '../../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../../model/table.ts'

/** Enough room for any number or time. */
const TEXT_BYTES = 128

/** Passes the text that `first` writes to `then`. Only for rarely used modes: it copies every value. */
export function throughText(first: JsonWriter, then: JsonWriter): JsonWriter {
  const text = new ByteWriter(TEXT_BYTES)
  return (from, start, end, to) => {
    text.length = 0
    first(from, start, end, text)
    then(text.bytes, 0, text.length, to)
  }
}

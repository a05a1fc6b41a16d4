import type { JsonWriter } from '../../../model/table.ts'
import { float32, shortest, writeNumber } from '../../../values/float-value.ts'
import { invalidValue } from '../../../values/value-error.ts'

const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c

/** Writes VECTOR, an array of 32-bit floats, as a JSON array. */
export const writeVector: JsonWriter = (from, start, end, to) => {
  if ((end - start) % 4 !== 0) throw invalidValue('a vector', end - start)
  to.byte(OPEN)
  for (let at = start; at < end; at += 4) {
    if (at > start) to.byte(COMMA)
    writeNumber(shortest(float32(from, at)), to)
  }
  to.byte(CLOSE)
}

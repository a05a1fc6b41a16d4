import type { JsonWriter } from '../../../model/table.ts'

const QUOTE = 0x22
const ZERO = 0x30

/**
 * BIT(1) is written as true or false, as consumers of Debezium expect. BIT(n) is written as a string of n zeros and ones. The bytes come
 * most significant first.
 */
export function bitWriter(bits: number): JsonWriter {
  if (bits === 1) return (from, start, _end, to) => to.ascii((from[start] as number) === 0 ? 'false' : 'true')
  return (from, _start, end, to) => {
    to.reserve(bits + 2)
    to.byte(QUOTE)
    for (let bit = bits - 1; bit >= 0; bit--)
      to.byte(ZERO + (((from[end - 1 - (bit >> 3)] as number) >> (bit & 7)) & 1))
    to.byte(QUOTE)
  }
}

import type { JsonWriter } from '../../../model/table.ts'
import { invalidValue } from '../../../values/value-error.ts'

/* ENUM and SET: the log has numbers, least significant byte first. The members are in the table map or the catalogue. */

const QUOTE = 0x22
const COMMA = 0x2c

/** Members count from 1. 0 is the empty string that the server stores instead of an invalid value. */
export function enumWriter(members: readonly string[]): JsonWriter {
  const texts = ['', ...members].map((member) => Buffer.from(JSON.stringify(member)))
  return (from, start, end, to) => {
    const index =
      end - start === 1 ? (from[start] as number) : (from[start] as number) | ((from[start + 1] as number) << 8)
    const text = texts[index]
    if (text === undefined) throw invalidValue('a member of its ENUM', end - start)
    to.copy(text, 0, text.length)
  }
}

/** A SET has one bit for each member. The text lists them separated by commas, as the server prints it. */
export function setWriter(members: readonly string[]): JsonWriter {
  const texts = members.map((member) => Buffer.from(JSON.stringify(member).slice(1, -1)))
  return (from, start, end, to) => {
    to.byte(QUOTE)
    let isFirst = true
    for (let i = 0; i < (end - start) * 8; i++) {
      if (((from[start + (i >> 3)] as number) & (1 << (i & 7))) === 0) continue
      const text = texts[i]
      if (text === undefined) throw invalidValue('members of its SET', end - start)
      if (!isFirst) to.byte(COMMA)
      isFirst = false
      to.copy(text, 0, text.length)
    }
    to.byte(QUOTE)
  }
}

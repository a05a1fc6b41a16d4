import type { JsonWriter } from '../../../model/table.ts'
import { invalidValue } from '../../../values/value-error.ts'

/* ENUM and SET: the log has numbers, the table map or the catalogue their members. Least significant byte first. */

const QUOTE = 0x22
const COMMA = 0x2c

/** 0 is the empty text that the server stores in place of a value that is no member; members count from 1. */
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

/** A bit for each member; the text has them with commas between, as the server writes it. */
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

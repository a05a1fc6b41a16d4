import type { EventCursor } from './event-cursor.ts'

/*
 * Numbers in MySQL's own serialization format (mysql::serialization, from 8.3 on). The number of 1 bits at the low end of the first byte is
 * the number of bytes that follow: `xxxxxxx0` has none, `xxxxxx01` one, `11111111` eight. The other bits of the first byte are the lowest
 * bits of the number. A signed number has its sign in the lowest bit; -n is written as n - 1.
 */

export function varlen(cursor: EventCursor): bigint {
  const first = cursor.u8()
  let more = 0
  while (more < 8 && ((first >> more) & 1) === 1) more++
  let value = 0n
  for (let i = 0; i < more; i++) value |= BigInt(cursor.u8()) << BigInt(8 * i)
  if (more >= 7) return value
  return (value << BigInt(7 - more)) | BigInt(first >> (more + 1))
}

export function signedVarlen(cursor: EventCursor): bigint {
  const written = varlen(cursor)
  return (written & 1n) === 0n ? written >> 1n : -(written >> 1n) - 1n
}

/** A number that is a count or a code, so it must fit into 32 bits. */
export function smallVarlen(cursor: EventCursor): number {
  const value = varlen(cursor)
  if (value > 0xffff_ffffn) throw cursor.invalid('a number of impossible size')
  return Number(value)
}

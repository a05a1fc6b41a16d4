import type { EventCursor } from '../framing/event-cursor.ts'

/**
 * The start of a MySQL transaction, with or without a GTID.
 *
 *   gtid      flags:u8 uuid:byte[16] number:i64 [2:u8 lastCommitted:i64 sequence:i64 [times]]
 *   times     committed:u56 [original:u56] length:lenenc version:u32 [originalVersion:u32] [ticket:u64]
 *
 * The highest bit of `committed` means that `original` follows: the commit time on the server where the transaction originated. Otherwise
 * both times are equal. Times are microseconds since 1970, from MySQL 8.0.1 on. The byte before `lastCommitted` is 2 from 5.7 on.
 */
export interface GtidEvent {
  /** `uuid:number` or `uuid:tag:number`. null: an anonymous transaction. */
  readonly gtid: string | null
  /** When the transaction was committed on the server where it originated. null: MySQL before 8.0.1. */
  readonly committedAtUs: number | null
}

const UUID_BYTES = 16
const LOGICAL_TIMESTAMPS = 2
const ORIGINAL_FOLLOWS = 0x80

export function readGtid(cursor: EventCursor, anonymous: boolean, uuids: UuidTexts): GtidEvent {
  cursor.u8()
  const uuid = uuids.read(cursor)
  const number = cursor.integer64()
  if (!anonymous && number <= 0) throw cursor.invalid('a number of a transaction below 1')
  const gtid = anonymous ? null : `${uuid}:${number}`
  if (cursor.left === 0) return { gtid, committedAtUs: null }
  if (cursor.u8() !== LOGICAL_TIMESTAMPS) return { gtid, committedAtUs: null }
  cursor.skip(16)
  if (cursor.left === 0) return { gtid, committedAtUs: null }
  const low = cursor.unsigned(6)
  const high = cursor.u8()
  const originalFollows = (high & ORIGINAL_FOLLOWS) !== 0
  const committedAtUs = originalFollows ? cursor.unsigned(6) + cursor.u8() * 2 ** 48 : low + high * 2 ** 48
  return { gtid, committedAtUs }
}

/** Keeps the text of the last UUID, since most transactions come from the same server. */
export class UuidTexts {
  #bytes = Buffer.alloc(UUID_BYTES)
  #text = uuidText(this.#bytes)

  read(cursor: EventCursor): string {
    const { bytes, at } = cursor
    cursor.skip(UUID_BYTES)
    for (let i = 0; i < UUID_BYTES; i++) {
      if (bytes[at + i] === this.#bytes[i]) continue
      this.#bytes = Buffer.from(bytes.subarray(at, at + UUID_BYTES))
      this.#text = uuidText(this.#bytes)
      break
    }
    return this.#text
  }
}

export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return `${a}-${b}-${c}-${d}-${hex.slice(20)}`
}

import type { EventCursor } from '../framing/event-cursor.ts'
import { smallVarlen } from '../framing/varlen.ts'
import { uuidText } from './gtid-event.ts'

/**
 * The GTIDs of all transactions in the files before this one.
 *
 *   previous   count:u64 (uuid:byte[16] [tagLength:varlen tag] intervals:u64 (first:u64 behindLast:u64)*)*
 *
 * The highest byte of `count` is 0, or 1 if GTIDs can have tags (MySQL 8.3 and later). If it is 1, the lowest byte is 1 too, and the six
 * bytes between are the count.
 *
 * Returns the set as MySQL prints it: `uuid:1-5:7,uuid:tag:1`; '' if it is empty.
 */
export function readPreviousGtids(cursor: EventCursor): string {
  const written = cursor.u64()
  const tagged = written >> 56n === 1n
  const count = tagged ? (written >> 8n) & 0xffff_ffff_ffffn : written
  const parts: string[] = []
  for (let i = 0n; i < count; i++) parts.push(readOne(cursor, tagged))
  cursor.finish()
  return parts.join(',')
}

function readOne(cursor: EventCursor, tagged: boolean): string {
  const uuid = uuidText(cursor.copy(16))
  const tag = tagged ? cursor.text(smallVarlen(cursor)) : ''
  const intervals: string[] = []
  const count = cursor.u64()
  for (let i = 0n; i < count; i++) {
    const first = cursor.u64()
    const last = cursor.u64() - 1n
    if (first < 1n || last < first) throw cursor.invalid('an interval of ids that is none')
    intervals.push(first === last ? `${first}` : `${first}-${last}`)
  }
  return `${uuid}:${tag === '' ? '' : `${tag}:`}${intervals.join(':')}`
}

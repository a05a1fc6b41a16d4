import type { EventCursor } from '../framing/event-cursor.ts'
import { signedVarlen, smallVarlen, varlen } from '../framing/varlen.ts'
import { type GtidEvent, uuidText } from './gtid-event.ts'

/**
 * The start of a transaction whose GTID can have a tag, from MySQL 8.3 on.
 *
 *   tagged   format:varlen size:varlen lastNeeded:varlen (field:varlen value)*
 *   value    0 flags:varlen | 1 uuid: 16 varlen | 2 number:signed | 3 tag: length:varlen byte* | 4 lastCommitted:signed
 *          | 5 sequence:signed | 6 committed:varlen | 7 original:varlen | 8 length:varlen | 9 version:varlen
 *          | 10 originalVersion:varlen | 11 ticket:varlen
 *
 * `size` counts from the first byte. Fields are in the order of their numbers. `lastNeeded`: the last field that a reader must know, plus
 * one.
 */
const FORMAT = 1
const UUID = 1
const NUMBER = 2
const TAG = 3
const LAST_COMMITTED = 4
const SEQUENCE = 5
const COMMITTED = 6
const ORIGINAL = 7
const LAST_FIELD = 11
const UUID_BYTES = 16

interface Fields {
  uuid: string | null
  number: bigint | null
  tag: string
  committed: bigint | null
  original: bigint | null
}

export function readTaggedGtid(cursor: EventCursor): GtidEvent {
  const start = cursor.at
  if (smallVarlen(cursor) !== FORMAT) throw cursor.invalid('an unknown form of serialization')
  const size = smallVarlen(cursor)
  const lastNeeded = smallVarlen(cursor)
  if (lastNeeded > LAST_FIELD + 1) throw cursor.invalid('it has a field that has to be known and is not')
  const fields = readFields(cursor.part(Math.max(0, start + size - cursor.at)))
  cursor.finish()
  const { uuid, number, tag, committed, original } = fields
  if (uuid === null || number === null || number <= 0n) throw cursor.invalid('it has no id of a transaction')
  const at = original ?? committed
  return { gtid: `${uuid}:${tag === '' ? '' : `${tag}:`}${number}`, committedAtUs: at === null ? null : Number(at) }
}

function readFields(cursor: EventCursor): Fields {
  const fields: Fields = { uuid: null, number: null, tag: '', committed: null, original: null }
  let last = -1
  while (cursor.left > 0) {
    const field = smallVarlen(cursor)
    if (field <= last) throw cursor.invalid('its fields are out of order')
    last = field
    if (field > LAST_FIELD) break
    readField(field, cursor, fields)
  }
  return fields
}

function readField(field: number, cursor: EventCursor, to: Fields): void {
  switch (field) {
    case UUID:
      to.uuid = uuidText(Buffer.from(Array.from({ length: UUID_BYTES }, () => smallVarlen(cursor))))
      break
    case NUMBER:
      to.number = signedVarlen(cursor)
      break
    case TAG:
      to.tag = cursor.text(smallVarlen(cursor))
      break
    case LAST_COMMITTED:
    case SEQUENCE:
      signedVarlen(cursor)
      break
    case COMMITTED:
      to.committed = varlen(cursor)
      break
    case ORIGINAL:
      to.original = varlen(cursor)
      break
    default:
      varlen(cursor)
  }
}

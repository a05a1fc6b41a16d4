import { int32 } from '../../../values/integer-value.ts'
import { keptToken } from '../position/key-string-token.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { BsonFault } from '../values/bson-fault.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { documentEnd, nameEnd, valueEnd } from '../values/bson-walk.ts'
import { fieldName, isNamed } from '../values/field-name.ts'
import { eventError } from './event-error.ts'
import { tokenAt } from './token-text.ts'

/*
 * The field `cursor` of a reply to `aggregate` or `getMore`:
 *
 *   { firstBatch | nextBatch: [event], id: int64, ns: string, postBatchResumeToken?: document }
 */
export interface CursorReply {
  /** 0n: the server has closed the cursor. */
  readonly cursorId: bigint
  readonly events: ReplyEvents
  /** The post-batch token; null: there is none. */
  readonly token: ResumeToken | null
}

const FIRST_BATCH = fieldName('firstBatch')
const NEXT_BATCH = fieldName('nextBatch')
const ID = fieldName('id')
const TOKEN = fieldName('postBatchResumeToken')

/** The events of a reply, as BSON within its bytes: event i begins at `starts[i]`. */
export interface ReplyEvents {
  readonly bytes: Buffer
  readonly starts: readonly number[]
}

/** Throws MONGODB_EVENT_INVALID. */
export function readCursorReply(cursor: Uint8Array): CursorReply {
  const bytes = Buffer.from(cursor.buffer, cursor.byteOffset, cursor.length)
  try {
    return readReply(bytes)
  } catch (thrown) {
    throw eventError(thrown, 'a reply of the change stream', 0)
  }
}

function readReply(bytes: Buffer): CursorReply {
  let [batchAt, idAt, token] = [-1, -1, -1]
  const limit = documentEnd(bytes, 0, bytes.length)
  for (let at = 4; at < limit; ) {
    const named = nameEnd(bytes, at + 1, limit)
    const type = bytes[at] as number
    const start = at + 1
    const is = (name: Uint8Array) => isNamed(bytes, start, named, name)
    if (type === BSON_TYPE.ARRAY && (is(NEXT_BATCH) || is(FIRST_BATCH))) batchAt = named + 1
    else if (type === BSON_TYPE.INT64 && is(ID)) idAt = named + 1
    else if (type === BSON_TYPE.DOCUMENT && is(TOKEN)) token = named + 1
    at = valueEnd(type, bytes, named + 1, limit)
  }
  if (batchAt < 0) throw new BsonFault(0, 'no batch of events')
  if (idAt < 0) throw new BsonFault(0, 'no id of the cursor')
  return {
    cursorId: int64At(bytes, idAt),
    events: eventsIn(bytes, batchAt, limit),
    token: token < 0 ? null : keptToken(tokenAt(bytes, token, limit)),
  }
}

function eventsIn(bytes: Buffer, start: number, outer: number): ReplyEvents {
  const limit = documentEnd(bytes, start, outer)
  const starts: number[] = []
  for (let at = start + 4; at < limit; ) {
    const value = nameEnd(bytes, at + 1, limit) + 1
    if (bytes[at] !== BSON_TYPE.DOCUMENT) throw new BsonFault(at, 'an event that is not a document')
    at = documentEnd(bytes, value, limit) + 1
    starts.push(value)
  }
  return { bytes, starts }
}

/** The BSON of the event that begins at `start`. */
export function eventAt(bytes: Buffer, start: number): Buffer {
  return bytes.subarray(start, start + int32(bytes, start))
}

export function int64At(bytes: Uint8Array, at: number): bigint {
  return (BigInt(int32(bytes, at + 4)) << 32n) | BigInt(int32(bytes, at) >>> 0)
}

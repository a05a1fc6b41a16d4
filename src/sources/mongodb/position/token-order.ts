import type { ClusterTime } from './cluster-time.ts'
import { KeyStringToken } from './key-string-token.ts'
import type { ResumeToken } from './resume-token.ts'

const KEY_STRING = /^82[0-9A-F]{16}/
/** A BSON document of 0x82 bytes begins like a key string. */
const BSON_START = '82000000'
const BSON_DIGITS = 2 * 0x82
const INT32 = 0x10
const TIMESTAMP = 0x11

/**
 * The order of two tokens in the log; null: it does not show from the tokens. mongod's token is a key string, which it compares by its
 * bytes: the routers merge the streams of several shards in that order.
 */
export function compareTokens(a: ResumeToken, b: ResumeToken): number | null {
  if (a instanceof KeyStringToken && b instanceof KeyStringToken) return a.compareTo(b)
  if (isKeyString(a) && isKeyString(b)) return Number(a.text > b.text) - Number(a.text < b.text)
  const [left, right] = [placeInBson(a), placeInBson(b)]
  return left === null || right === null ? null : left.sequence - right.sequence
}

/** The cluster time in a token; null: the server's tokens have a form that is not known to contain one. */
export function timeInToken(token: ResumeToken): ClusterTime | null {
  if (!isKeyString(token)) return placeInBson(token)?.time ?? null
  return {
    seconds: Number.parseInt(token.text.slice(2, 10), 16),
    increment: Number.parseInt(token.text.slice(10, 18), 16),
  }
}

/** Of mongod. Their text order is the order of the log. */
export function isKeyString({ form, text }: ResumeToken): boolean {
  return form === 'data' && KEY_STRING.test(text) && !(text.length === BSON_DIGITS && text.startsWith(BSON_START))
}

/**
 * SecantusDB's token is the BSON document `{s: int32, t: timestamp, ...}`. `s` is the place in its oplog; `t` can be later than the time of
 * events that are still to come.
 */
function placeInBson({ form, text }: ResumeToken): { readonly sequence: number; readonly time: ClusterTime } | null {
  if (form !== 'data') return null
  const bytes = Buffer.from(text, 'hex')
  if (bytes.length < 22 || bytes.readUInt32LE(0) !== bytes.length) return null
  if (bytes[4] !== INT32 || bytes.toString('latin1', 5, 7) !== 's\0') return null
  if (bytes[11] !== TIMESTAMP || bytes.toString('latin1', 12, 14) !== 't\0') return null
  return {
    sequence: bytes.readInt32LE(7),
    time: { seconds: bytes.readUInt32LE(18), increment: bytes.readUInt32LE(14) },
  }
}

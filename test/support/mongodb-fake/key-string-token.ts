import { Binary, ObjectId } from 'mongodb'

/**
 * Resume tokens in the format of mongod: a key string in hexadecimal digits, whose text order is the order of the log. Written after what
 * is published of it, and after tokens in public bug reports:
 *
 *   82 TTTTTTTT IIIIIIII   cluster time: seconds and increment
 *   version                number, 1 or 2
 *   type                   number, 0 for a high-water mark, 128 for an event
 *   index                  number of the operation in its transaction
 *   6E or 6F               whether the event is an invalidate
 *   5A 10 04 UUID          of the collection; not in a high-water mark
 *   46 ... 00              version 1: the document key; version 2: the operation type and the document key
 *   fragment               number, only of a part of a split event
 *   04                     end
 */
export type TokenVersion = 1 | 2

export interface TokenParts {
  readonly version: TokenVersion
  readonly time: bigint
  /** Absent: a high-water mark. */
  readonly event?: EventIdentity
}

export interface EventIdentity {
  /** The number of the operation in its transaction, from 0. */
  readonly index: number
  readonly operationType: string
  readonly uuid: string
  readonly documentKey: Readonly<Record<string, unknown>>
}

const EVENT = 128

export function tokenText({ version, time, event }: TokenParts): string {
  const front = `82${timeText(time)}${number(version)}`
  if (event === undefined) return `${front}${number(0)}${number(0)}6E04`
  const { index, operationType, uuid, documentKey } = event
  const key = object(version === 1 ? documentKey : { operationType, documentKey })
  const flag = operationType === 'invalidate' ? '6F' : '6E'
  return `${front}${number(EVENT)}${number(index)}${flag}5A1004${uuid.replaceAll('-', '').toUpperCase()}${key}04`
}

/** The token of a part of a split event, from that of the event. `fragment`: from 1. */
export function fragmentToken(token: string, fragment: number): string {
  return `${token.slice(0, -2)}${number(fragment)}04`
}

/** What a stream needs to know of a token that it is given. null: it is none. */
export function readToken(
  text: string,
): { readonly time: bigint; readonly isEvent: boolean; readonly isInvalidate: boolean } | null {
  const [, time, type, flag] =
    /^82([0-9A-F]{16})2B0[24](29|2C0100)(?:29|2B[0-9A-F]{2}|2C[0-9A-F]{4})(6E|6F)/.exec(text) ?? []
  if (time === undefined) return null
  return { time: BigInt(`0x${time}`), isEvent: type !== '29', isInvalidate: flag === '6F' }
}

function timeText(time: bigint): string {
  return time.toString(16).padStart(16, '0').toUpperCase()
}

/** Whole numbers: a byte that grows with the number's length, then twice the number. */
function number(value: number): string {
  if (value === 0) return '29'
  const digits = (BigInt(value) * 2n).toString(16)
  const bytes = Math.ceil(digits.length / 2)
  return `${(0x2a + bytes).toString(16).toUpperCase()}${digits.padStart(2 * bytes, '0').toUpperCase()}`
}

/** The fields in their order: the byte of the type, the name, the value. */
function object(fields: Readonly<Record<string, unknown>>): string {
  const elements = Object.entries(fields).map(([name, value]) => {
    const { type, text } = element(value)
    return `${type}${Buffer.from(name).toString('hex').toUpperCase()}00${text}`
  })
  return `46${elements.join('')}00`
}

function element(value: unknown): { readonly type: string; readonly text: string } {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return { type: '1E', text: number(value) }
  if (value instanceof ObjectId) return { type: '64', text: `64${value.toHexString().toUpperCase()}` }
  if (typeof value === 'object' && value !== null && !(value instanceof Binary))
    return { type: '46', text: object(Object.fromEntries(Object.entries(value))) }
  // Other types have forms of their own, which no test depends on.
  return { type: '3C', text: `3C${Buffer.from(String(value)).toString('hex').toUpperCase()}00` }
}

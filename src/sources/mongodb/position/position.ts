import { OffbeatError } from '../../../model/error.ts'
import type { Order, Position, PositionCodec } from '../../../model/position.ts'
import { type ClusterTime, compareTimes, parseTime, timeText } from './cluster-time.ts'
import type { ResumeToken } from './resume-token.ts'
import { compareTokens, timeInToken } from './token-order.ts'

/** A point in the change stream: after the event of `token`; or, without a token, before everything at `time`. */
export interface StreamPoint {
  readonly time: ClusterTime
  readonly token: ResumeToken | null
}

class StreamPosition implements Position, StreamPoint {
  declare readonly __brand: 'Position'
  readonly time: ClusterTime
  readonly token: ResumeToken | null

  constructor({ time, token }: StreamPoint) {
    this.time = time
    this.token = token
  }
}

const HEX = /^[0-9A-Fa-f]+$/

export function streamPosition(point: StreamPoint): Position {
  return new StreamPosition(point)
}

export function pointOf(position: Position): StreamPoint {
  if (position instanceof StreamPosition) return position
  throw new OffbeatError('DEFECT', { message: 'a position of another source was given to MongoDB' })
}

/**
 * The text is `seconds.increment` of the cluster time, for a token followed by `/` and the token: the hexadecimal `_data`, or the whole
 * token as extended JSON. A bare token, an extended JSON token and a date are parsed too.
 *
 * Positions are compared by their tokens where those show the order, else by time. At one time, the position without a token comes first.
 */
export const MONGODB_POSITIONS: PositionCodec = {
  order: 'partial',
  parse: parsePosition,
  text: (position) => {
    const { time, token } = pointOf(position)
    return token === null ? timeText(time) : `${timeText(time)}/${token.text}`
  },
  short: (position) => {
    const { time, token } = pointOf(position)
    const date = new Date(time.seconds * 1000).toISOString().replace('.000', '')
    return `${date} no. ${time.increment}${token === null ? '' : `, token ...${token.text.slice(-8)}`}`
  },
  compare: (a, b) => comparePoints(pointOf(a), pointOf(b)),
}

function comparePoints(a: StreamPoint, b: StreamPoint): Order {
  const byToken = a.token === null || b.token === null ? null : compareTokens(a.token, b.token)
  if (byToken !== null) return orderOf(byToken)
  const byTime = compareTimes(a.time, b.time)
  if (byTime !== 0) return orderOf(byTime)
  if (a.token === null || b.token === null) return orderOf(Number(a.token !== null) - Number(b.token !== null))
  return a.token.text === b.token.text ? 'same' : 'unordered'
}

function orderOf(difference: number): Order {
  if (difference === 0) return 'same'
  return difference < 0 ? 'before' : 'after'
}

function parsePosition(written: string): Position {
  const text = written.trim()
  const [, before, rest] = /^([^/{]*)\/(.*)$/s.exec(text) ?? [null, text, null]
  const time = parseTime(before ?? '')
  const token = rest === null ? null : parseToken(rest)
  if (time !== null && rest === null) return streamPosition({ time, token: null })
  if (time !== null && token !== null) return streamPosition({ time, token })
  const bare = parseToken(text)
  const timeOfBare = bare === null ? null : timeInToken(bare)
  if (bare !== null && timeOfBare !== null) return streamPosition({ time: timeOfBare, token: bare })
  const dateMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (dateMs >= 0) return streamPosition({ time: { seconds: Math.floor(dateMs / 1000), increment: 0 }, token: null })
  throw new OffbeatError('POSITION_INVALID', {
    message: `"${shortened(text)}" is not a position of a change stream`,
    found: shortened(text),
    expected:
      'a cluster time such as 1700000000.1, a date such as 2026-01-31T10:00:00Z, or a resume token such as {"_data": "82..."}',
  })
}

/** The hexadecimal `_data` alone, or the token as extended JSON. */
function parseToken(written: string): ResumeToken | null {
  const text = written.trim()
  if (HEX.test(text) && text.length % 2 === 0) return { form: 'data', text }
  const value = parsedJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = Object.entries(value)
  const [name, data] = fields[0] ?? []
  if (fields.length === 1 && name === '_data' && typeof data === 'string' && HEX.test(data))
    return { form: 'data', text: data }
  return fields.length === 0 ? null : { form: 'document', text: JSON.stringify(value) }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const LONGEST_SHOWN = 60

function shortened(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 1)}…`
}

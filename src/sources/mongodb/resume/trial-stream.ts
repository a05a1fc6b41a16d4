import { OffbeatError } from '../../../model/error.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import type { ClusterTime } from '../position/cluster-time.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { isKeyString, timeInToken } from '../position/token-order.ts'
import { ChangeStream, type StreamReply } from '../read/change-stream.ts'
import { type StreamRequest, streamCommand } from '../read/stream-request.ts'

const LIMIT_MS = 5000
const CLOCK = { monotonicMs: () => performance.now() }

/** There is no event up to this time, or to the end of the log. null: there is one, or the answer does not show how far the server searched. */
export type EmptyTo = ClusterTime | 'end' | null

/** The server has found the start of the stream, and answered. */
export interface OpenedStream {
  readonly emptyTo: EmptyTo
}

/**
 * Opens a stream, asks it and closes it. An error is returned if the server answered with it. 'searching': the server has not found the
 * first event yet.
 */
export async function tryStream(
  connection: MongodbConnection,
  config: MongodbConfig,
  request: StreamRequest,
  signal: AbortSignal,
): Promise<OpenedStream | 'searching' | OffbeatError> {
  try {
    const command = await streamCommand(request, config, connection)
    await using stream = await ChangeStream.open(connection, command, { awaitMs: 1, clock: CLOCK }, signal)
    const stop = () => stream.interrupt()
    const timer = setTimeout(stop, LIMIT_MS)
    signal.addEventListener('abort', stop, { once: true })
    try {
      const answer = await stream.next(1)
      signal.throwIfAborted()
      return answer === null ? 'searching' : { emptyTo: await emptyTo(answer, () => stream.next(1)) }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  } catch (error) {
    if (error instanceof OffbeatError && !error.retry) return error
    throw error
  }
}

export function isOpened(answer: OpenedStream | 'searching' | OffbeatError): answer is OpenedStream {
  return typeof answer === 'object' && 'emptyTo' in answer
}

/**
 * The token of an empty answer of mongod is how far it has searched. The time in SecantusDB's token can be later than an event that is still to
 * come, but the token changes until the server has come to the end.
 */
async function emptyTo(first: StreamReply, next: () => Promise<StreamReply | null>): Promise<EmptyTo> {
  const token = tokenOfEmpty(first)
  const time = token === null ? null : timeInToken(token)
  if (token === null || time === null || first.isLast) return null
  if (isKeyString(token)) return time
  const second = await next()
  return second !== null && tokenOfEmpty(second)?.text === token.text ? 'end' : null
}

function tokenOfEmpty({ events, token }: StreamReply): ResumeToken | null {
  return events.starts.length === 0 ? token : null
}

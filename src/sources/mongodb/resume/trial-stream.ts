import { OffbeatError } from '../../../model/error.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { ChangeStream } from '../read/change-stream.ts'
import { type StreamRequest, streamCommand } from '../read/stream-request.ts'

const LIMIT_MS = 5000
const CLOCK = { monotonicMs: () => performance.now() }

/**
 * Opens a stream, asks it once and closes it. An error is returned if the server answered with it. 'searching': the server has not found the
 * first event yet.
 */
export async function tryStream(
  connection: MongodbConnection,
  config: MongodbConfig,
  request: StreamRequest,
  signal: AbortSignal,
): Promise<'opened' | 'searching' | OffbeatError> {
  try {
    const command = await streamCommand(request, config, connection)
    await using stream = await ChangeStream.open(connection, command, { awaitMs: 1, clock: CLOCK }, signal)
    const stop = () => stream.interrupt()
    const timer = setTimeout(stop, LIMIT_MS)
    signal.addEventListener('abort', stop, { once: true })
    try {
      const answer = await stream.next(1)
      signal.throwIfAborted()
      return answer === null ? 'searching' : 'opened'
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  } catch (error) {
    if (error instanceof OffbeatError && !error.retry) return error
    throw error
  }
}

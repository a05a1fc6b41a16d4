import { asOffbeatError, type OffbeatError } from '../../../model/error.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { readServerNow } from '../inspect/server-now.ts'
import { watchedRequest } from '../read/stream-request.ts'
import { isOpened, tryStream } from '../resume/trial-stream.ts'

/** Opens a stream at the end of the log, asks once and closes it. null: that works, or the server is only slow. */
export async function tryWatching(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<OffbeatError | null> {
  try {
    const { head } = await readServerNow(connection, signal)
    const start = { by: 'time', time: head, after: null } as const
    const answer = await tryStream(connection, config, watchedRequest(config, start), signal)
    return answer === 'searching' || isOpened(answer) ? null : answer
  } catch (thrown) {
    signal.throwIfAborted()
    return asOffbeatError(thrown)
  }
}

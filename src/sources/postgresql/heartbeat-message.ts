import { OffbeatError } from '../../model/error.ts'
import type { PostgresqlConfig } from './config.ts'
import type { PostgresConnection } from './connection.ts'

/** The prefix of our messages: the decoder heeds no other. */
export const MESSAGE_PREFIX = 'offbeat'

/**
 * One layer 2 write without any table: a logical message with the nonce. Transactional, since another kind moves nothing that the server
 * must keep. The place that the function returns is not used: some services give a wrong one, so the stream matches the nonce.
 */
export async function emitMessage(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  about: { readonly nonce: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { nonce, timeoutMs, signal } = about
  try {
    await connection.query('SELECT pg_catalog.pg_logical_emit_message(true, $1, $2)', [MESSAGE_PREFIX, nonce], {
      timeoutMs,
      signal,
    })
  } catch (error) {
    throw explain(error, config)
  }
}

function explain(error: unknown, config: PostgresqlConfig): unknown {
  if (!(error instanceof OffbeatError)) return error
  const about = { found: error.found ?? error.code, details: error.details }
  switch (error.details['sqlstate']) {
    // A standby says that recovery is in progress, by the first or the second.
    case '55000':
    case '25006':
      return new OffbeatError('POSTGRES_HEARTBEAT_READ_ONLY', {
        ...about,
        message: 'no heartbeat message can be written: the server is a standby, or the session is read-only',
        expected: 'a primary; on a standby `readOnly: true`, and a scheduled job on the primary that beats',
        fix: ['SELECT pg_is_in_recovery()', '# in the configuration: readOnly: true'],
      })
    case '42501':
      return new OffbeatError('POSTGRES_HEARTBEAT_DENIED', {
        ...about,
        message: `the user ${config.connection.user} may not write heartbeat messages`,
        expected: 'EXECUTE on pg_logical_emit_message, which everybody has unless it was taken away',
        fix: [
          `GRANT EXECUTE ON FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text) TO "${config.connection.user}"`,
        ],
      })
    default:
      return error
  }
}

import { OffbeatError } from '../../../model/error.ts'
import { inDatabase, inFile, query } from '../../../model/fix.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'

/** The prefix of our messages: the decoder ignores all others. */
export const MESSAGE_PREFIX = 'offbeat'

/**
 * One layer 2 heartbeat without a table: a logical message with the nonce. It is transactional, because a non-transactional message does
 * not let the server release any log. The position that the function returns is not used: some services return a wrong one, so the stream
 * matches the nonce.
 */
export async function emitMessage(
  connection: PostgresConnection,
  _config: PostgresqlConfig,
  about: { readonly nonce: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { nonce, timeoutMs, signal } = about
  try {
    await connection.query('SELECT pg_catalog.pg_logical_emit_message(true, $1, $2)', [MESSAGE_PREFIX, nonce], {
      timeoutMs,
      signal,
    })
  } catch (error) {
    throw explain(error, connection.role, await readWriter(error, connection, signal))
  }
}

interface Writer {
  /** A standby refuses with a code that a primary can return too, so we ask the server. */
  readonly standby: boolean
  /** The function's signature for GRANT: 17 and later have one more parameter. */
  readonly name: string
}

const WRITER = `SELECT pg_is_in_recovery()::text AS standby, 'pg_catalog.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS name
  FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = 'pg_logical_emit_message'
    AND p.proargtypes[2] = 'pg_catalog.text'::regtype`

/** null: the server cannot be asked. */
async function readWriter(error: unknown, connection: PostgresConnection, signal: AbortSignal): Promise<Writer | null> {
  if (sqlstateOf(error) === null || !connection.isOpen) return null
  const [row] = await connection.query(WRITER, [], { signal })
  return row === undefined ? null : { standby: row['standby'] === 'true', name: row['name'] ?? '' }
}

function explain(error: unknown, role: string, writer: Writer | null): unknown {
  if (!(error instanceof OffbeatError)) return error
  const about = { found: error.found ?? error.code, details: error.details }
  switch (writer?.standby === true ? '25006' : sqlstateOf(error)) {
    case '25006':
      return new OffbeatError('HEARTBEAT_READ_ONLY', {
        ...about,
        message: 'no heartbeat message can be written: the server is a standby, or the session is read-only',
        expected:
          'a primary; on a standby `readOnly: true`, and a scheduled job on the primary that writes the heartbeats',
        fix: [query('SELECT pg_is_in_recovery()', SUPERUSER), inFile('readOnly: true')],
      })
    case '42501':
      return new OffbeatError('HEARTBEAT_DENIED', {
        ...about,
        message: `the role ${role} cannot write heartbeat messages`,
        expected: 'EXECUTE on pg_logical_emit_message, which every user has unless it was revoked',
        fix:
          writer === null
            ? []
            : [inDatabase(`GRANT EXECUTE ON FUNCTION ${writer.name} TO ${quoteIdentifier(role)}`, SUPERUSER)],
      })
    default:
      return error
  }
}

import type { Logger } from '../../../model/logger.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { heartbeatRefusal, heartbeatSuppressed, sqlstateOf } from './heartbeat-refusal.ts'
import { heartbeatTableName } from './heartbeat-table.ts'

/** One layer 2 write: the row with id 1 gets the nonce, and is inserted when there is none. Each statement is a transaction of its own. */
export async function beat(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  about: { readonly nonce: string; readonly timeoutMs: number; readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
  const options = { signal: about.signal, timeoutMs: about.timeoutMs }
  const name = heartbeatTableName(config)
  try {
    if (await touch(connection, name, about.nonce, options)) return
    const inserted = await insertFirst(connection, name, about.nonce, options)
    if (inserted) about.log.warn({ table: name }, 'the heartbeat table had no row with id 1: it was inserted')
    else if (!(await touch(connection, name, about.nonce, options)))
      throw await heartbeatSuppressed(connection, config, options)
  } catch (error) {
    throw await heartbeatRefusal(error, connection, config, options)
  }
}

type Options = { readonly signal: AbortSignal; readonly timeoutMs: number }

async function touch(connection: PostgresConnection, name: string, nonce: string, options: Options): Promise<boolean> {
  const update = `UPDATE ${name} SET text = $1, last_update = CURRENT_TIMESTAMP WHERE id = 1 RETURNING id`
  return (await connection.query(update, [nonce], options)).length > 0
}

/** false: another client has just inserted it, or a trigger keeps it from being inserted. */
async function insertFirst(
  connection: PostgresConnection,
  name: string,
  nonce: string,
  options: Options,
): Promise<boolean> {
  const insert = `INSERT INTO ${name} (id, text, last_update) OVERRIDING SYSTEM VALUE VALUES (1, $1, CURRENT_TIMESTAMP) RETURNING id`
  try {
    return (await connection.query(insert, [nonce], options)).length > 0
  } catch (error) {
    if (sqlstateOf(error) === '23505') return false
    throw error
  }
}

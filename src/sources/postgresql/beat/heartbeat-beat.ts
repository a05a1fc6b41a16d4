import type { Logger } from '../../../model/logger.ts'
import type { Position } from '../../../model/position.ts'
import { writeHeartbeat } from '../../heartbeat/heartbeat-row.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'
import { LSN_POSITIONS } from '../position.ts'
import { heartbeatRefusal } from './heartbeat-refusal.ts'
import { heartbeatTableName } from './heartbeat-table.ts'

/** One layer 2 heartbeat: writes the row with the nonce. */
export async function beat(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  about: { readonly nonce: string; readonly timeoutMs: number; readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
  const { nonce, ...options } = about
  const table = heartbeatTableName(config)
  const changed = async (statement: string) => (await connection.query(statement, [nonce], options)).length > 0
  const row = {
    table,
    words: POSTGRESQL_DEFAULTS.words,
    location: `the database ${config.connection.database}`,
    writer: `the role ${connection.role}`,
    update: () => changed(`UPDATE ${table} SET text = $1, last_update = CURRENT_TIMESTAMP WHERE id = 1 RETURNING id`),
    insert: async () => {
      try {
        return await changed(
          `INSERT INTO ${table} (id, text, last_update) OVERRIDING SYSTEM VALUE VALUES (1, $1, CURRENT_TIMESTAMP) RETURNING id`,
        )
      } catch (error) {
        // Another client inserted the row first.
        if (sqlstateOf(error) === '23505') return false
        throw error
      }
    },
    refusal: (error: Parameters<typeof heartbeatRefusal>[0]) => heartbeatRefusal(error, connection, config, options),
  }
  await writeHeartbeat(row, about)
}

/**
 * The end of the log after a commit of this session, so at or after that commit. The commit itself cannot return it, since a statement's
 * result is computed before the commit. null: the server does not report it; the heartbeat is written all the same.
 */
export async function endOfLog(connection: PostgresConnection, signal: AbortSignal): Promise<Position | null> {
  try {
    const [row] = await connection.query('SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS lsn', [], { signal })
    const lsn = row?.['lsn']
    return typeof lsn === 'string' ? LSN_POSITIONS.parse(lsn) : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}

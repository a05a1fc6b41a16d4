import type { Logger } from '../../../model/logger.ts'
import type { Position } from '../../../model/position.ts'
import { address } from '../../connect/server-target.ts'
import { writeHeartbeat } from '../../heartbeat/heartbeat-row.ts'
import { MYSQL_DEFAULTS, type MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import { lockWaitOf } from '../connect/session-settings.ts'
import { numberOfError } from '../errors/denied.ts'
import { readHead } from '../inspect/head.ts'
import { heartbeatRefusal } from './heartbeat-refusal.ts'
import { heartbeatTableName } from './heartbeat-table.ts'
import type { LockObserver } from './lock-wait.ts'

const DUPLICATE_KEY = 1062

/** One layer 2 heartbeat: writes the row with the nonce. */
export async function beat(
  connection: MysqlConnection,
  config: MysqlConfig,
  about: {
    readonly nonce: string
    readonly timeoutMs: number
    readonly signal: AbortSignal
    readonly log: Logger
    readonly locks: LockObserver
  },
): Promise<void> {
  const { nonce, timeoutMs, signal, log, locks } = about
  const table = heartbeatTableName(config)
  const ended = new AbortController()
  const wait = locks.observe(connection, { afterMs: timeoutMs / 2, ended: ended.signal, signal })
  // The server's own timeouts end the statement. Ours is a little later and covers a server that does not answer.
  const options = { signal, timeoutMs: Math.max(timeoutMs, lockWaitOf(timeoutMs) * 1000) + 500 }
  const changed = async (statement: string) => (await connection.change(statement, options)) > 0
  const row = {
    table,
    words: MYSQL_DEFAULTS.words,
    location: `the server ${address(connection.target)}`,
    writer: `the user ${connection.target.user}`,
    // The time is explicit, with its fraction, so that each heartbeat changes the row: else the server logs nothing.
    update: () =>
      changed(`UPDATE ${table} SET text = ${quoteLiteral(nonce)}, last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`),
    insert: async () => {
      try {
        return await changed(
          `INSERT INTO ${table} (id, text, last_update) VALUES (1, ${quoteLiteral(nonce)}, CURRENT_TIMESTAMP(6))`,
        )
      } catch (error) {
        // Another client inserted the row first, or the row exists and its update changes nothing.
        if (numberOfError(error) === DUPLICATE_KEY) return false
        throw error
      }
    },
    refusal: (error: Parameters<typeof heartbeatRefusal>[0]) =>
      heartbeatRefusal(error, { connection, config, signal, wait: () => wait }),
  }
  try {
    await writeHeartbeat(row, { timeoutMs, log })
  } finally {
    ended.abort()
    await wait
  }
}

/**
 * The end of the log after a commit of this session, so at or after that commit. null: the server does not report it; the heartbeat is
 * written all the same.
 */
export async function endOfLog(connection: MysqlConnection, signal: AbortSignal): Promise<Position | null> {
  try {
    return await readHead(connection, signal)
  } catch {
    signal.throwIfAborted()
    return null
  }
}

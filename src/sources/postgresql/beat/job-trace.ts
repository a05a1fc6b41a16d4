import { type Fix, forPerson, inDatabase, inShell, query } from '../../../model/fix.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection, StatementOptions } from '../connect/connection.ts'
import { JOB_OWNER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'
import { heartbeatTableName, insertHeartbeatRow } from './heartbeat-table.ts'

/** Looks of one silence are not further apart, however short the interval. */
const SHORTEST_GAP_MS = 5000

/** Why a job's pulses do not come, and what to run. */
export interface Silence {
  readonly found: string
  readonly fix: readonly Fix[]
}

/** What tells more, and costs more, once it is known what the row does here. */
export interface Chain {
  /** The row does not change. null: it takes another look to tell. */
  still(row: {
    readonly connection: PostgresConnection
    readonly version: string
    readonly signal: AbortSignal
  }): Promise<Silence | null>
  /** The row changes, and the stream does not show it. */
  unseen(row: { readonly connection: PostgresConnection; readonly signal: AbortSignal }): Promise<Silence>
}

/** Looks at the heartbeat row on the server that is read while the stream does not show it: does it change there at all? Only reads. */
export class JobTrace {
  readonly #config: PostgresqlConfig
  readonly #source: string
  readonly #chain: Chain
  /** Of the present silence, in which it is looked at twice an interval. */
  #first: { readonly version: string; readonly atMs: number } | null = null
  #lastMs = Number.NEGATIVE_INFINITY
  /** The last answer of the chain, which is asked no more than once an interval. */
  #told: { readonly by: keyof Chain; readonly atMs: number } | null = null

  constructor(config: PostgresqlConfig, source: string, chain: Chain) {
    this.#config = config
    this.#source = source
    this.#chain = chain
  }

  /** null: it takes another look, an interval later, to tell, or what was told still holds. */
  async look(connection: PostgresConnection, nowMs: number, signal: AbortSignal): Promise<Silence | null> {
    const name = heartbeatTableName(this.#config)
    let version: string | null
    try {
      version = await rowVersion(connection, this.#config, { signal })
    } catch (error) {
      return this.#refused(error, name, connection.role)
    }
    if (version === null) {
      return {
        found: `${name} has no row with id 1 for the job to update`,
        fix: [this.#here(insertHeartbeatRow(this.#config), TABLE_OWNER)],
      }
    }
    const { intervalMs } = this.#config.heartbeat.source
    // What was seen in an earlier silence says nothing of this one.
    if (nowMs - this.#lastMs > Math.max(2 * intervalMs, SHORTEST_GAP_MS)) this.#first = this.#told = null
    this.#lastMs = nowMs
    const first = this.#first ?? { version, atMs: nowMs }
    this.#first = first
    const changes = first.version !== version
    if (!changes && nowMs - first.atMs < intervalMs) return null
    const by = changes ? 'unseen' : 'still'
    if (this.#told?.by === by && nowMs - this.#told.atMs < Math.max(intervalMs, SHORTEST_GAP_MS)) return null
    const silence = await this.#chain[by]({ connection, version, signal })
    if (silence !== null) this.#told = { by, atMs: nowMs }
    return silence
  }

  #here(text: string, by: string): Fix {
    return inDatabase(text, by, { at: this.#config.connection.database })
  }

  #refused(error: unknown, name: string, role: string): Silence {
    const user = quoteIdentifier(role)
    switch (sqlstateOf(error)) {
      case '42P01':
      case '3F000':
        return {
          found: `there is no table ${name} on the server that is read`,
          fix: [inShell(`offbeat setup ${this.#source} --read-only`)],
        }
      case '42501':
        return {
          found: `${user} cannot read ${name}`,
          fix: [this.#here(`GRANT SELECT ON ${name} TO ${user}`, TABLE_OWNER)],
        }
      default:
        throw error
    }
  }
}

/** Another one after each change of the row; null: there is none. */
export async function rowVersion(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<string | null> {
  const [row] = await connection.query(
    `SELECT xmin::text || ' ' || ctid::text AS version FROM ${heartbeatTableName(config)} WHERE id = 1`,
    [],
    options,
  )
  return row?.['version'] ?? null
}

/** What to look at on the primary when the row does not change. */
export function jobFix(table: string): readonly Fix[] {
  return [
    query(
      'SELECT status, return_message, start_time FROM cron.job_run_details ORDER BY runid DESC LIMIT 5',
      JOB_OWNER,
      {
        at: 'cron.database_name of the primary',
      },
    ),
    forPerson(`the job must run: UPDATE ${table} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`),
  ]
}

import { OffbeatError } from '../../model/error.ts'
import type { PostgresqlConfig } from './config.ts'
import type { PostgresConnection, StatementOptions } from './connection.ts'
import { quoteIdentifier } from './errors.ts'
import { heartbeatTableName, insertHeartbeatRow } from './heartbeat-table.ts'

/** Looks of one silence are not further apart, however short the interval. */
const SHORTEST_GAP_MS = 5000

interface Finding {
  readonly found: string
  readonly fix: string
}

/** Looks at the heartbeat row on the server that is read while the stream does not show it: does it change there at all? Only reads. */
export class JobTrace {
  readonly #config: PostgresqlConfig
  readonly #source: string
  /** Of the present silence, in which it is looked at twice an interval. */
  #first: { readonly version: string; readonly atMs: number } | null = null
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(config: PostgresqlConfig, source: string) {
    this.#config = config
    this.#source = source
  }

  /** null: it takes another look, an interval later, to tell. */
  async look(connection: PostgresConnection, nowMs: number, options: StatementOptions): Promise<Finding | null> {
    const name = heartbeatTableName(this.#config)
    let version: string | undefined
    try {
      const [row] = await connection.query(
        `SELECT xmin::text || ' ' || ctid::text AS version FROM ${name} WHERE id = 1`,
        [],
        options,
      )
      version = row?.['version'] ?? undefined
    } catch (error) {
      return this.#refused(error, name)
    }
    if (version === undefined) {
      return {
        found: `${name} has no row with id 1 for the job to update`,
        fix: insertHeartbeatRow(this.#config),
      }
    }
    const { intervalMs } = this.#config.heartbeat.source
    // What was seen in an earlier silence says nothing of this one.
    if (nowMs - this.#lastMs > Math.max(2 * intervalMs, SHORTEST_GAP_MS)) this.#first = null
    this.#lastMs = nowMs
    const first = this.#first ?? { version, atMs: nowMs }
    this.#first = first
    if (first.version !== version) return this.#unseen(name)
    return nowMs - first.atMs < intervalMs ? null : this.#still(name)
  }

  #unseen(name: string): Finding {
    const publication = quoteIdentifier(this.#config.publication)
    return {
      found: `the row in ${name} changes on the server that is read: the stream does not carry it, or is behind`,
      fix: `ALTER PUBLICATION ${publication} ADD TABLE ${name}  -- on the primary; if it is in already, look for a row filter or a publication without updates`,
    }
  }

  #still(name: string): Finding {
    return {
      found: `the row in ${name} does not change on the server that is read: the job does not run, or its work is not replicated to here`,
      fix: jobFix(name),
    }
  }

  #refused(error: unknown, name: string): Finding {
    const code = error instanceof OffbeatError ? error.details['sqlstate'] : null
    const user = quoteIdentifier(this.#config.connection.user)
    switch (code) {
      case '42P01':
      case '3F000':
        return {
          found: `there is no table ${name} on the server that is read`,
          fix: `offbeat setup ${this.#source} --read-only`,
        }
      case '42501':
        return { found: `${user} may not look at ${name}`, fix: `GRANT SELECT ON ${name} TO ${user}` }
      default:
        throw error
    }
  }
}

/** What to look at on the primary when the row does not change. */
export function jobFix(table: string): string {
  return `SELECT status, return_message, start_time FROM cron.job_run_details ORDER BY runid DESC LIMIT 5  -- on the primary, where pg_cron lives: the job must run UPDATE ${table} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`
}

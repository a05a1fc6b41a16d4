import type { Clock } from '../../../model/clock.ts'
import type { LockHolder } from '../../heartbeat/lock-holder.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection, MysqlSideSession } from '../connect/connection.ts'
import { readLockHolders } from './heartbeat-lock.ts'

/** What a write waits for, as another session of the same user sees it. */
export interface LockWait {
  /** The state of the waiting session as the server prints it, such as 'Waiting for table metadata lock'. */
  readonly state: string
  /** A commit of our user does not end: its state, or that of the session which holds the row. null: there is none. */
  readonly commit: string | null
  /** null: we lack the privileges to see them. */
  readonly holders: readonly LockHolder[] | null
}

/** The states of a session in its commit, in MySQL and in MariaDB. */
const COMMIT_STATES = ['waiting for handler commit', 'Commit']
const COMMITS = `STATE IN (${COMMIT_STATES.map((state) => `'${state}'`).join(', ')})`

function isCommit(state: string): boolean {
  return COMMIT_STATES.includes(state)
}

/** Observes a write that takes long. MariaDB shows who locks a row only while somebody waits for it. */
export class LockObserver {
  readonly #config: MysqlConfig
  readonly #inspection: MysqlSideSession
  readonly #clock: Clock

  constructor(config: MysqlConfig, inspection: MysqlSideSession, clock: Clock) {
    this.#config = config
    this.#inspection = inspection
    this.#clock = clock
  }

  /** Observes the session once, after this time. The result is null if `ended` was aborted first, or if nothing is seen. */
  async observe(
    waiting: MysqlConnection,
    about: { readonly afterMs: number; readonly ended: AbortSignal; readonly signal: AbortSignal },
  ): Promise<LockWait | null> {
    try {
      await this.#clock.sleep(about.afterMs, about.ended)
      return await this.#inspection.use(about.signal, (connection, until) => this.#read(connection, waiting, until))
    } catch {
      // The write's own error is the one to report.
      return null
    }
  }

  async #read(connection: MysqlConnection, waiting: MysqlConnection, signal: AbortSignal): Promise<LockWait | null> {
    const { host, port } = waiting.target
    if (connection.target.host !== host || connection.target.port !== port) return null
    const rows = await connection.query(
      `SELECT ID AS id, STATE AS state FROM information_schema.PROCESSLIST
       WHERE COMMAND <> 'Sleep' AND USER = SUBSTRING_INDEX(USER(), '@', 1) AND (ID = ${waiting.id} OR ${COMMITS})`,
      [],
      { signal },
    )
    const row = rows.find(({ id }) => id === String(waiting.id))
    if (row === undefined) return null
    const state = row['state'] ?? ''
    const commit = rows.find((each) => isCommit(each['state'] ?? ''))?.['state'] ?? null
    return { state, commit, holders: await readLockHolders(connection, this.#config, signal) }
  }
}

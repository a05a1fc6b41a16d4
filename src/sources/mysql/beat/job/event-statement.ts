import type { MysqlConfig } from '../../config.ts'
import {
  type Account,
  type QualifiedName,
  quoteAccount,
  quoteDatabaseObjects,
  quoteTable,
} from '../../connect/quoting.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'

/** An event as the server has it. */
export interface EventName extends QualifiedName {
  /** The account whose privileges apply when it runs. MariaDB runs no event of a definer whose name contains `@`. */
  readonly definer: Account
}

/** The event that setup creates. It has the name of the table, in the same database. */
export function eventName({ heartbeat }: MysqlConfig): QualifiedName {
  const { schema, table } = heartbeat.source
  return { database: schema, name: table }
}

/** The statement of a job. It updates only the one row, and writes nothing that a reader could take for a nonce. */
export function beatStatement(config: MysqlConfig): string {
  return `UPDATE ${heartbeatTableName(config)} SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`
}

/** The rhythm of an event that is not slower than the interval, but at least one second: an event cannot run more often. */
export function eventRhythm(intervalMs: number): string {
  const seconds = Math.max(1, Math.floor(intervalMs / 1000))
  return seconds % 60 === 0 ? `EVERY ${seconds / 60} MINUTE` : `EVERY ${seconds} SECOND`
}

/**
 * Creates the event, for the primary: a replica gets it through the log, disabled. The definer needs the privileges `BEAT_PRIVILEGES.job`
 * and EVENT (`grantEvent`) at every run. `definer` null: the user who runs the statement. Naming another user needs SET_USER_ID
 * (SET_ANY_DEFINER from MySQL 8.2) or SUPER, on MariaDB SET USER.
 */
export function createEvent(
  config: MysqlConfig,
  definer: Account | null,
  layout: 'one line' | 'clause lines' = 'one line',
): string {
  const by = definer === null ? '' : `DEFINER = ${quoteAccount(definer.user, definer.host)} `
  const { intervalMs } = config.heartbeat.source
  return [
    `CREATE ${by}EVENT IF NOT EXISTS ${quoteTable(eventName(config))}`,
    `ON SCHEDULE ${eventRhythm(intervalMs)}`,
    'ON COMPLETION PRESERVE',
    'ENABLE',
    `DO ${beatStatement(config)}`,
  ].join(layout === 'one line' ? ' ' : '\n  ')
}

/**
 * Changes an event, for example `ENABLE` or `ON SCHEDULE EVERY 1 MINUTE`. Without the definer in it, the statement would make the user who
 * runs it the definer.
 */
export function alterEvent({ definer, ...name }: EventName, change: string): string {
  return `ALTER DEFINER = ${quoteAccount(definer.user, definer.host)} EVENT ${quoteTable(name)} ${change}`
}

/** The definer of an event needs EVENT at every run, and without it a user does not see the event. */
export function grantEvent({ heartbeat }: MysqlConfig, to: Account, partialRevokes = false): string {
  const on = quoteDatabaseObjects(heartbeat.source.schema, partialRevokes)
  return `GRANT EVENT ON ${on} TO ${quoteAccount(to.user, to.host)}`
}

import type { PostgresqlConfig } from '../../config.ts'
import { quoteLiteral } from '../../connect/quoting.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'

/** The statement for a job outside the connector. It updates only the one row, and writes nothing that a reader could take for a nonce. */
export function beatStatement(config: PostgresqlConfig): string {
  return `UPDATE ${heartbeatTableName(config)} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`
}

/**
 * For each user, pg_cron keeps one job per name. A second job of that name counts as a change of the first. So a job for a database other
 * than pg_cron's own has the database in its name.
 */
function jobName({ connection, heartbeat }: PostgresqlConfig, home: string): string {
  const { table } = heartbeat.source
  return connection.database === home ? table : `${table}_${connection.database}`
}

/**
 * The expression, for SELECT, that schedules the job as the current user. pg_cron has a separate function for jobs in other databases than
 * its own.
 */
export function scheduleCall(
  config: PostgresqlConfig,
  home: string,
  schedule: string,
): { readonly name: string; readonly words: readonly string[] } {
  const { database } = config.connection
  const words = jobWords(config, home, schedule)
  return home === database
    ? { name: 'cron.schedule', words }
    : { name: 'cron.schedule_in_database', words: [...words, quoteLiteral(database)] }
}

function jobWords(config: PostgresqlConfig, home: string, schedule: string): readonly string[] {
  return [jobName(config, home), schedule, beatStatement(config)].map(quoteLiteral)
}

/** The arguments of `cron.schedule_in_database` that schedule the job as this user: 1.4 and later, by a superuser. */
export function wordsAs(user: string, config: PostgresqlConfig, home: string, schedule: string): readonly string[] {
  return [...jobWords(config, home, schedule), quoteLiteral(config.connection.database), quoteLiteral(user)]
}

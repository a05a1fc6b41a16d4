import type { PostgresqlConfig } from '../../config.ts'
import { quoteLiteral } from '../../connect/quoting.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'

/** The statement that a job outside the connector runs: the one row, and nothing that a reader could take for a nonce. */
export function beatStatement(config: PostgresqlConfig): string {
  return `UPDATE ${heartbeatTableName(config)} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`
}

/**
 * pg_cron keeps one job of a name for each user, and takes a second for a change of the first: so a job for another database than the one
 * where pg_cron lives carries its name.
 */
function jobName({ connection, heartbeat }: PostgresqlConfig, home: string): string {
  const { table } = heartbeat.source
  return connection.database === home ? table : `${table}_${connection.database}`
}

/** The expression, for SELECT, that schedules the job as the current user; pg_cron has another function for a job in a database that is not its own. */
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

/** The words of `cron.schedule_in_database` that schedule the job under this user: 1.4 and later, by a superuser. */
export function wordsAs(user: string, config: PostgresqlConfig, home: string, schedule: string): readonly string[] {
  return [...jobWords(config, home, schedule), quoteLiteral(config.connection.database), quoteLiteral(user)]
}

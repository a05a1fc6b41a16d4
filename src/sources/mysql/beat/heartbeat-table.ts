import type { MysqlConfig } from '../config.ts'
import { type Account, quoteAccount, quoteName, quoteTable } from '../connect/quoting.ts'

/** The heartbeat table's name, quoted for a statement. */
export function heartbeatTableName({ heartbeat }: MysqlConfig): string {
  const { schema, table } = heartbeat.source
  return quoteTable({ database: schema, name: table })
}

export function createHeartbeatDatabase({ heartbeat }: MysqlConfig): string {
  return `CREATE DATABASE IF NOT EXISTS ${quoteName(heartbeat.source.schema)}`
}

/**
 * The character set and the engine are explicit because the server's defaults can be ones in which a heartbeat is not decoded, or not
 * transactional. TIMESTAMP is independent of the session's time zone.
 */
const COLUMNS = [
  'id int NOT NULL AUTO_INCREMENT PRIMARY KEY',
  'text text CHARACTER SET utf8mb4',
  'last_update timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)',
]

/** `column lines`: for a script; `one line`: for a list of statements with one line each. */
export function createHeartbeatTable(config: MysqlConfig, layout: 'one line' | 'column lines'): string {
  const columns = layout === 'one line' ? COLUMNS.join(', ') : `\n  ${COLUMNS.join(',\n  ')}\n`
  return `CREATE TABLE IF NOT EXISTS ${heartbeatTableName(config)} (${columns}) ENGINE=InnoDB`
}

/** Does nothing if there is a row with id 1. */
export function insertHeartbeatRow(config: MysqlConfig): string {
  return `INSERT IGNORE INTO ${heartbeatTableName(config)} (id, text, last_update) VALUES (1, 'test_heartbeat', CURRENT_TIMESTAMP(6))`
}

/** The privileges on the table that the connector needs to write the row, and those that the event's definer needs. */
export const BEAT_PRIVILEGES = {
  connector: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  job: ['SELECT', 'UPDATE'],
} as const

/** Fails if the table does not exist. */
export function grantHeartbeat(config: MysqlConfig, to: Account, writer: keyof typeof BEAT_PRIVILEGES): string {
  return `GRANT ${BEAT_PRIVILEGES[writer].join(', ')} ON ${heartbeatTableName(config)} TO ${quoteAccount(to.user, to.host)}`
}

/** The statements that create the table with its row, in order. Each does nothing if it has been run before. */
export function heartbeatTableStatements(
  config: MysqlConfig,
  to: Account,
  writer: keyof typeof BEAT_PRIVILEGES,
): readonly string[] {
  return [
    createHeartbeatDatabase(config),
    createHeartbeatTable(config, 'one line'),
    grantHeartbeat(config, to, writer),
    insertHeartbeatRow(config),
  ]
}

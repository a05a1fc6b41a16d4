import { text } from '../../../connect/text-row.ts'
import type { MysqlConnection } from '../../connect/connection.ts'

/** Selected by name: a setting that a version does not have is absent. */
const NAMES = [
  'binlog_checksum',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_row_value_options',
  'enforce_gtid_consistency',
  'innodb_native_foreign_keys',
  'log_replica_updates',
  'log_slave_updates',
] as const

export type SettingName = (typeof NAMES)[number]

/** Any user can read them. */
export type Settings = ReadonlyMap<string, string>

export async function readSettings(connection: MysqlConnection, signal: AbortSignal): Promise<Settings> {
  const names = NAMES.map((name) => `'${name}'`).join(', ')
  const rows = await connection.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`, [], { signal })
  return new Map(rows.map((row) => [text(row, 'Variable_name'), text(row, 'Value')]))
}

/** MySQL 9.6 and later log the rows that a foreign key changes, unless InnoDB still does the cascades. */
export function logsCascades(settings: Settings): boolean {
  return settings.get('innodb_native_foreign_keys') === 'OFF'
}

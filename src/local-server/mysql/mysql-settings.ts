import type { MysqlBinary } from './mysql-binaries.ts'

/** Names and values as in an option file. '' for a name without a value. */
export type MysqlSettings = Readonly<Record<string, string>>

/**
 * A small server on loopback only, ready for change data capture. Commits are passed to the operating system without a sync, so a killed
 * server loses nothing; only a power failure would lose data. The socket's name is relative, because the length of its path is limited.
 */
const SETTINGS: MysqlSettings = {
  bind_address: '127.0.0.1',
  skip_name_resolve: 'ON',
  socket: 'server.sock',
  pid_file: 'server.pid',
  secure_file_priv: '""',
  max_connections: '150',
  table_open_cache: '400',
  character_set_server: 'utf8mb4',
  log_bin: 'binlog',
  binlog_format: 'ROW',
  sync_binlog: '0',
  innodb_buffer_pool_size: '32M',
  innodb_flush_log_at_trx_commit: '2',
  innodb_doublewrite: 'OFF',
}

const ROW_METADATA: MysqlSettings = { binlog_row_metadata: 'FULL' }

export function defaultSettings({ product, version }: MysqlBinary): MysqlSettings {
  const major = Number.parseInt(version, 10)
  switch (product) {
    case 'mysql':
      return {
        ...SETTINGS,
        gtid_mode: 'ON',
        enforce_gtid_consistency: 'ON',
        ...(major < 8
          ? { log_slave_updates: 'ON' }
          : { ...ROW_METADATA, mysqlx: 'OFF', innodb_redo_log_capacity: '32M' }),
      }
    case 'mariadb':
      return {
        ...SETTINGS,
        ...ROW_METADATA,
        log_slave_updates: 'ON',
        innodb_log_file_size: '32M',
        // From 11.4 on, it would generate a key for TLS at every start, which takes seconds, and with some libraries a minute.
        ...(major < 11 ? {} : { ssl: 'OFF' }),
      }
  }
}

/** The environment without the variables that set options of the server. */
export function withoutMysqlSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(([name]) => !/^(MYSQL|MARIADB)_/.test(name))
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' }
}

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { OffbeatError } from '../../model/error.ts'
import type { MysqlBinary } from './mysql-binaries.ts'

/** How one run of the server's own program creates an empty data folder. */
export interface Initialization {
  readonly args: readonly string[]
  /** A file of statements, one a line, that is written before the run. */
  readonly script: { readonly path: string; readonly text: string }
  /** Whether the program reads the script from its standard input. */
  readonly byInput: boolean
}

/** `password`: that of root, who can then connect from any host. Without name resolution, `localhost` means only the socket. */
export function initializationOf(binary: MysqlBinary, folder: string, password: string): Initialization {
  const path = join(folder, 'initialize.sql')
  switch (binary.product) {
    case 'mysql':
      return {
        args: ['--initialize-insecure', `--init-file=${path}`],
        script: { path, text: rootUser(password) },
        byInput: false,
      }
    case 'mariadb':
      return {
        args: ['--bootstrap'],
        script: { path, text: `${systemTables(binary)}\n${ONE_ROOT}${rootUser(password)}` },
        byInput: true,
      }
  }
}

/** MariaDB's own scripts create several root users without passwords. */
const ONE_ROOT = `DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';
FLUSH PRIVILEGES;
`

function rootUser(password: string): string {
  return `ALTER USER root@localhost IDENTIFIED BY '${password}';
CREATE USER root@'%' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
`
}

/**
 * What `mariadb-install-db` sends to the server, in the same order. That program is a shell script, and its children outlive it. The names
 * begin with `mysql_` or, in newer versions, with `mariadb_`.
 */
const SYSTEM_TABLE_FILES = [
  ['mysql_system_tables.sql', 'mariadb_system_tables.sql'],
  ['mysql_performance_tables.sql', 'mariadb_performance_tables.sql'],
  ['mysql_system_tables_data.sql', 'mariadb_system_tables_data.sql'],
  ['maria_add_gis_sp_bootstrap.sql'],
  ['mysql_sys_schema.sql', 'mariadb_sys_schema.sql'],
] as const

function systemTables(binary: MysqlBinary): string {
  const base = dirname(dirname(binary.program))
  const folders = ['share/mysql', 'share/mariadb', 'share'].map((folder) => join(base, folder))
  const texts = SYSTEM_TABLE_FILES.map((names) => {
    const file = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
    if (file !== undefined) return readFileSync(file, 'utf8')
    throw new OffbeatError('LOCAL_SERVER_FAILED', {
      message: `cannot create a data folder for MariaDB ${binary.version}: a definition of its system tables is missing`,
      found: `no ${names.join(' or ')} in ${folders.join(', ')}`,
    })
  })
  return ['CREATE DATABASE IF NOT EXISTS mysql;', 'USE mysql;', 'SET @auth_root_socket=NULL;', ...texts].join('\n')
}

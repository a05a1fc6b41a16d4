import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { OffbeatError } from '../../model/error.ts'
import { type MysqlBinary, PRODUCT_TITLES } from './mysql-binaries.ts'

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
      if (isBeforeMysql57(binary))
        return {
          // Without a log, it refuses GTIDs.
          args: ['--bootstrap', '--gtid-mode=OFF'],
          script: {
            path,
            text: `${systemTables(binary, MYSQL_TABLE_FILES)}\n${ONE_ROOT_OF_MYSQL}${rootUserOfMysql56(password)}`,
          },
          byInput: true,
        }
      return {
        args: ['--initialize-insecure', `--init-file=${path}`],
        script: { path, text: rootUser(password) },
        byInput: false,
      }
    case 'mariadb':
      return {
        args: ['--bootstrap'],
        script: { path, text: `${systemTables(binary, MARIADB_TABLE_FILES)}\n${ONE_ROOT}${rootUser(password)}` },
        byInput: true,
      }
  }
}

/** MariaDB's own scripts create several root users without passwords. */
const ONE_ROOT = `DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';
FLUSH PRIVILEGES;
`

/** Its own script creates several root users, and users without a name, all without passwords. */
const ONE_ROOT_OF_MYSQL = `DELETE FROM mysql.user WHERE User <> 'root' OR Host <> 'localhost';
FLUSH PRIVILEGES;
`

function isBeforeMysql57({ version }: MysqlBinary): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 5 || (major === 5 && minor < 7)
}

/** It has no ALTER USER that sets a password. */
function rootUserOfMysql56(password: string): string {
  return `SET PASSWORD FOR root@localhost = PASSWORD('${password}');
CREATE USER root@'%' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
`
}

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
const MARIADB_TABLE_FILES = [
  ['mysql_system_tables.sql', 'mariadb_system_tables.sql'],
  ['mysql_performance_tables.sql', 'mariadb_performance_tables.sql'],
  ['mysql_system_tables_data.sql', 'mariadb_system_tables_data.sql'],
  ['maria_add_gis_sp_bootstrap.sql'],
  ['mysql_sys_schema.sql', 'mariadb_sys_schema.sql'],
] as const

/** What `mysql_install_db` of MySQL 5.6 sends to the server. Later versions create their tables themselves. */
const MYSQL_TABLE_FILES = [['mysql_system_tables.sql'], ['mysql_system_tables_data.sql']] as const

function systemTables(binary: MysqlBinary, files: readonly (readonly string[])[]): string {
  const base = dirname(dirname(binary.program))
  const folders = ['share/mysql', 'share/mariadb', 'share'].map((folder) => join(base, folder))
  const texts = files.map((names) => {
    const file = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
    if (file !== undefined) return readFileSync(file, 'utf8')
    throw new OffbeatError('LOCAL_SERVER_FAILED', {
      message: `cannot create a data folder for ${PRODUCT_TITLES[binary.product]} ${binary.version}: a definition of its system tables is missing`,
      found: `no ${names.join(' or ')} in ${folders.join(', ')}`,
    })
  })
  const beginning = ['CREATE DATABASE IF NOT EXISTS mysql;', 'USE mysql;', 'SET @auth_root_socket=NULL;']
  return [...beginning, ...texts].join('\n')
}

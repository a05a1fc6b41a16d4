import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { LocalMysql } from '../../../src/local-server/mysql/local-mysql.ts'
import { measuredRun } from '../../measured-run.ts'
import type { Peer } from '../../stage.ts'

/** MariaDB also installs its program under MySQL's name, so MySQL's is looked for only beside its server. */
const PROGRAMS = {
  mysql: { name: 'mysqlbinlog', options: ['--ssl-mode=DISABLED', '--get-server-public-key'] },
  mariadb: { name: 'mariadb-binlog', options: ['--skip-ssl'] },
} as const

/** Reads the file from the server, and prints each value as text. null: the program is not installed. */
export function findMysqlbinlog({ binary, host, port, user, password }: LocalMysql, file: string): Peer | null {
  const { name, options } = PROGRAMS[binary.product]
  const beside = join(dirname(binary.program), '../bin')
  const installed = binary.product === 'mariadb' ? (process.env['PATH'] ?? '').split(delimiter) : []
  const path = [beside, ...installed].map((folder) => join(folder, name)).find((each) => existsSync(each))
  if (path === undefined) return null
  const login = ['-R', '-h', host, '-P', String(port), '-u', user]
  const output = ['-v', '--base64-output=DECODE-ROWS', '--result-file=/dev/null']
  const args = ['--no-defaults', ...options, ...login, ...output, file]
  return { name, run: () => measuredRun(path, args, { ...process.env, MYSQL_PWD: password }) }
}

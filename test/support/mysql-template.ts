import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LocalMysql, PreparedData } from '../../src/local-server/mysql/local-mysql.ts'
import type { MysqlBinary } from '../../src/local-server/mysql/mysql-binaries.ts'
import { spawnAs } from '../../src/local-server/unprivileged-user.ts'

const run = promisify(execFile)

/** A data folder whose server has never been started. The servers of a run are copies of it, because creating one takes seconds. */
export interface MysqlTemplate {
  readonly binary: MysqlBinary
  readonly dataDir: string
  readonly password: string
}

export function mysqlTemplateOf({ binary, dataDir, password }: LocalMysql): MysqlTemplate {
  return { binary, dataDir, password }
}

/** Each copy is a distinct server: without auto.cnf, MySQL generates a new server_uuid when it starts. */
export function copyOfMysql({ binary, dataDir: from, password }: MysqlTemplate): PreparedData {
  return {
    binary,
    password,
    fill: async (dataDir, user) => {
      await run('cp', ['-a', '--reflink=auto', '--sparse=always', from, dataDir], { cwd: '/', ...spawnAs(user) })
      rmSync(join(dataDir, 'auto.cnf'), { force: true })
    },
  }
}

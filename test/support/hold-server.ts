import { startLocalMysql } from '../../src/local-server/mysql/local-mysql.ts'
import { startLocalPostgresql } from '../../src/local-server/postgresql/local-postgresql.ts'
import { environment } from './environment.ts'

// A separate program. It starts a server of the kind given as its argument, prints its address, and runs until it is ended.
const [, , kind] = process.argv
const server =
  kind === 'mariadb'
    ? await startLocalMysql({ product: kind, env: environment, label: 'held' })
    : await startLocalPostgresql({ version: 18, env: environment, label: 'held' })
process.stdout.write(`server ${server.pid} ${server.dataDir}\n`)
setInterval(() => undefined, 60_000)

import { startLocalMongodb } from '../../src/local-server/mongodb/local-mongodb.ts'
import { startLocalMysql } from '../../src/local-server/mysql/local-mysql.ts'
import { startLocalPostgresql } from '../../src/local-server/postgresql/local-postgresql.ts'
import { environment } from './environment.ts'

// A separate program. It starts a server of the kind given as its argument, prints its address, and runs until it is ended.
const [, , kind] = process.argv
const server = await start()
process.stdout.write(`server ${server.pid} ${server.dataDir}\n`)
setInterval(() => undefined, 60_000)

async function start(): Promise<{ readonly pid: number | null; readonly dataDir: string }> {
  const options = { env: environment, label: 'held' }
  switch (kind) {
    case 'mariadb':
      return await startLocalMysql({ product: kind, ...options })
    case 'mongodb':
      return await startLocalMongodb(options)
    default:
      return await startLocalPostgresql({ version: 18, ...options })
  }
}

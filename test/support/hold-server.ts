import { startLocalPostgresql } from '../../src/local-server/postgresql/local-postgresql.ts'
import { environment } from './environment.ts'

// A program of its own: starts a server, says where, and stays until it is ended.
const server = await startLocalPostgresql({ version: 18, env: environment, label: 'held' })
process.stdout.write(`server ${server.pid} ${server.dataDir}\n`)
setInterval(() => undefined, 60_000)

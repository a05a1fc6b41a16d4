import type { MysqlServer } from './mysql.ts'
import { waitFor } from './wait-for.ts'

/** The names of the log files, oldest first. */
export async function logFiles(server: MysqlServer): Promise<readonly string[]> {
  return (await server.query('', 'SHOW BINARY LOGS')).map((file) => String(file['Log_name']))
}

/** Starts a new log file and purges all others. The server must belong to the test. */
export async function purgeAll(server: MysqlServer): Promise<void> {
  await server.query('', 'FLUSH BINARY LOGS')
  const last = (await logFiles(server)).at(-1) ?? ''
  // MariaDB keeps a file, with only a warning, until what is committed in it is safe in the tables.
  await waitFor({ until: `${last} is the only file` }, async () => {
    await server.query('', `PURGE BINARY LOGS TO '${last}'`)
    return (await logFiles(server)).length === 1
  })
}

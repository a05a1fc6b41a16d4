import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresServer } from './postgresql.ts'
import { promote } from './postgresql-standby.ts'

const run = promisify(execFile)

/** A copy of a server's data folder beside it, as a backup of a stopped server is made; it goes with the server. */
export async function backUpData(server: PostgresServer): Promise<string> {
  const backup = join(dirname(server.dataDir), 'backup')
  await server.stop('fast')
  await copy(server.dataDir, backup)
  await server.start()
  return backup
}

/** Stops the server and starts it over these data, on the same port. `standby`: first as a standby of nobody, and promoted. */
export async function restoreData(
  server: PostgresServer,
  data: string,
  { standby = false }: { readonly standby?: boolean } = {},
): Promise<void> {
  await server.stop('fast')
  rmSync(server.dataDir, { recursive: true })
  await copy(data, server.dataDir)
  if (standby) await writeFile(join(server.dataDir, 'standby.signal'), '')
  await server.start()
  if (standby) await promote(server)
}

/** With its owner. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to])
}

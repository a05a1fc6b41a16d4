import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresServer } from './postgresql.ts'
import { promote } from './postgresql-standby.ts'

const run = promisify(execFile)

/** Copies the server's data folder to a folder beside it, as a backup of a stopped server. The copy is deleted with the server. */
export async function backUpData(server: PostgresServer): Promise<string> {
  const backup = join(dirname(server.dataDir), 'backup')
  await server.stop('fast')
  await copy(server.dataDir, backup)
  await server.start()
  return backup
}

/**
 * Stops the server and starts it with this data folder on the same port. `standby`: it starts as a standby without a primary and is
 * promoted.
 */
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

/** Copies a folder and keeps its owner. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to])
}

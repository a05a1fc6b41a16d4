import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A server of any kind that belongs to the test. */
interface StoppableServer {
  readonly dataDir: string
  /** Without waiting for clients. */
  stop(mode: 'fast'): Promise<void>
  start(): Promise<void>
}

/** Copies the server's data folder to a folder beside it, as a backup of a stopped server. The copy is deleted with the server. */
export async function backUpData(server: StoppableServer): Promise<string> {
  const backup = join(dirname(server.dataDir), 'backup')
  await server.stop('fast')
  await copy(server.dataDir, backup)
  await server.start()
  return backup
}

/** Stops the server and starts it with this data folder on the same port. `prepare`: changes the folder before the start. */
export async function restoreData(
  server: StoppableServer,
  data: string,
  prepare: (dataDir: string) => Promise<void> = async () => undefined,
): Promise<void> {
  await server.stop('fast')
  rmSync(server.dataDir, { recursive: true })
  await copy(data, server.dataDir)
  await prepare(server.dataDir)
  await server.start()
}

/** Copies a folder and keeps its owner. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to])
}

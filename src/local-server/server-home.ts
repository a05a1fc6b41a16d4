import { makeServerFolder } from './server-folder.ts'
import { type User, unprivilegedUser } from './unprivileged-user.ts'
import { Watchdog } from './watchdog.ts'

/** What a local server has of its own: a folder, the user that it runs as, and the watchdog that ends it with this process. */
export interface ServerHome {
  /** null: the user of this process. */
  readonly user: User | null
  /** Contains all files of the server. Anything else that is put there is deleted with it. */
  readonly folder: string
  readonly watchdog: Watchdog
  /** While a program of the server runs to its end, or starts, an abort stops it. Absent: nothing does. */
  readonly signal?: AbortSignal
}

/** `label`: a part of the folder's name, which shows who uses it. `stopSignal`: what the watchdog sends to the server. */
export interface HomeOptions {
  readonly label: string
  readonly stopSignal: 'QUIT' | 'KILL'
  readonly signal?: AbortSignal | undefined
  /** How much room there must be on the disk of the folder. Absent: it is not checked. */
  readonly neededBytes?: number | undefined
}

/** Creates a server in a new folder. If that fails, the folder is removed. */
export async function createInNewHome<Server>(
  { label, stopSignal, signal, neededBytes = 0 }: HomeOptions,
  create: (home: ServerHome) => Promise<Server>,
): Promise<Server> {
  const user = await unprivilegedUser()
  const folder = await makeServerFolder({ label, user, neededBytes })
  const watchdog = new Watchdog(folder, stopSignal)
  try {
    return await create({ user, folder, watchdog, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    await watchdog.finish()
    throw error
  }
}

/** Starts the server. If that fails, it is disposed. */
export async function startOrDispose<Server extends AsyncDisposable & { start(): Promise<void> }>(
  server: Server,
): Promise<Server> {
  try {
    await server.start()
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

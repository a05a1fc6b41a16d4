import type { Writable } from 'node:stream'
import type { Config } from '../config/config.ts'
import { OffbeatError } from '../model/error.ts'
import { type OpenSink, openSink, storePath } from '../sinks/registry.ts'
import { StoreReader } from '../sqlite/store-reader.ts'
import type { AppContext } from './app-context.ts'

/** Opens the store for reading; null: `run` has not created it yet. */
export function openStoreReader(config: Config): StoreReader | null {
  try {
    return StoreReader.open(storePath(config.sink))
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'STORE_MISSING') return null
    throw error
  }
}

/**
 * Opens the store for writing. Throws STORE_OWNED, which names the owner, while a connector runs. `command` is shown to a second process.
 */
export async function openOwnedSink(
  config: Config,
  command: string,
  context: AppContext & { readonly stdout: { readonly stream: Writable } },
): Promise<OpenSink> {
  const log = await context.openLog(config.log.level)
  return await openSink(config.sink, { command, clock: context.clock, log, stdout: context.stdout.stream })
}

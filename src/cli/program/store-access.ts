import type { Config } from '../../config/config.ts'
import { OffbeatError } from '../../model/error.ts'
import { type OpenSink, openSink, storePath } from '../../sinks/registry.ts'
import type { Owner } from '../../sqlite/owner.ts'
import { StoreReader } from '../../sqlite/store-reader.ts'
import { localTimes } from '../terminal/local-time.ts'
import type { CommandContext } from './command.ts'

/** The store for reading; null when `run` has not made it yet. */
export function openStoreReader(config: Config): StoreReader | null {
  try {
    return StoreReader.open(storePath(config.sink))
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'STORE_MISSING') return null
    throw error
  }
}

/** The store for writing: throws STORE_OWNED, with who it is, while a connector runs. `command` is what a second process is told. */
export async function openOwnedSink(config: Config, command: string, context: CommandContext): Promise<OpenSink> {
  const log = await context.openLog(config.log.level)
  return await openSink(config.sink, { command, clock: context.clock, log, stdout: context.stdout.stream })
}

export function ownerInWords(
  { pid, host, sinceMs }: Owner,
  { nowMs, timeZone }: { readonly nowMs: number; readonly timeZone: string },
): string {
  return `process ${pid} on ${host} since ${localTimes(timeZone)(sinceMs, nowMs)}`
}

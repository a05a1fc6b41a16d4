import { systemClock } from '../../src/cli/program/system-clock.ts'
import { Store, type StoreOptions } from '../../src/sqlite/store.ts'
import { silentLog } from './silent-log.ts'

/** Opens a store that keeps everything unless `about` overrides it. */
export function openStore(path: string, about: Partial<StoreOptions> = {}): Promise<Store> {
  const retain = { ageMs: null, messages: null }
  return Store.open({ path, command: 'test', retain, maxBytes: null, clock: systemClock, log: silentLog, ...about })
}

import type { ConfiguredSource } from '../config/config.ts'
import { writeRate } from '../health/write-rate.ts'
import type { Signs } from '../sources/check.ts'
import type { StoreReader } from '../sqlite/store-reader.ts'
import { isRunBy } from './source-runner.ts'

const SIGNS_MS = 3_600_000

/** What the store knows about a source; empty without a store. */
export async function signsOf(source: ConfiguredSource, store: StoreReader | null, nowMs: number): Promise<Signs> {
  if (store === null) return { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }
  const { history } = store
  const owner = store.owner()
  const status = await history.status(source.name)
  const sinceMs = nowMs - SIGNS_MS
  return {
    running: owner !== null && isRunBy(owner, source.name, status, nowMs) ? { sinceMs: owner.sinceMs } : null,
    offset: store.offset(source.name),
    status,
    pulses: await history.pulses(source.name, sinceMs),
    bytesPerMs: writeRate(await history.samples(source.name, sinceMs)).bytesPerMs,
  }
}

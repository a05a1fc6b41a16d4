import type { MongoClient } from 'mongodb'

/**
 * How often the driver looks in each pool for connections that it no longer needs. By itself it does so every 100 ms for each server, which is
 * most of the CPU time of an idle source. A connection is also checked each time it is used, and we ask for no minimum, so nothing depends
 * on it.
 */
export const POOL_CHECK_MS = 60_000

/** The option is not part of the driver's public interface, and its constructor refuses it. The pools read it when they are created. */
export function checkPoolsRarely(client: MongoClient): void {
  Object.assign(client.options, { minPoolSizeCheckFrequencyMS: POOL_CHECK_MS })
}

import { OffbeatError } from '../../../model/error.ts'
import { writingConfig } from '../beat/writing-config.ts'
import type { MongodbConfig } from '../config.ts'
import { connectMongodb } from '../connect/connection.ts'
import type { Privilege } from '../connect/grant.ts'
import { readPrivileges } from './privileges.ts'

/**
 * The privileges of the user that writes the heartbeats over another connection than the source's, `primary`. null: they are not known.
 * `unseen`: why they could not be read.
 */
export type PrimaryPrivileges = readonly Privilege[] | null | { readonly unseen: string }

/** Asks over the connection in `primary`, where the heartbeats are written on it. It only reads. */
export async function readPrimaryPrivileges(
  config: MongodbConfig,
  source: string,
  signal: AbortSignal,
): Promise<PrimaryPrivileges> {
  const writing = writingConfig(config)
  if (writing === null || writing === config || config.heartbeat.source.mode === 'off') return null
  try {
    await using primary = await connectMongodb(writing, { source, signal })
    return await readPrivileges(primary, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof OffbeatError)) throw error
    return { unseen: error.message }
  }
}

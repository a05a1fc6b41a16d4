import type { Document } from 'mongodb'
import type { MongodbConnection } from '../connect/connection.ts'
import { millisecondsOf, numberOf, textOf } from '../connect/reply.ts'

export interface Members {
  /** Members that are neither primary nor secondary now, each with its state as the server names it. */
  readonly down: readonly { readonly name: string; readonly state: string }[]
  /** How far the majority is behind the primary, in milliseconds; null: not known. */
  readonly majorityLagMs: number | null
  readonly count: number
}

const NONE: Members = { down: [], majorityLagMs: null, count: 0 }
const PRIMARY = 1
const SECONDARY = 2
const ARBITER = 7

/** A change stream shows only what a majority of the members has. A router knows no members. */
export async function readMembers(connection: MongodbConnection, signal: AbortSignal): Promise<Members> {
  const { role } = connection.facts
  if (role === 'mongos' || role === 'standalone') return NONE
  const reply = await connection.command('admin', { replSetGetStatus: 1 }, { signal })
  const members: readonly Document[] = reply['members'] ?? []
  const down = members
    .filter(({ state }) => ![PRIMARY, SECONDARY, ARBITER].includes(numberOf(state) ?? -1))
    .map(({ name, stateStr }) => ({ name: textOf(name) ?? '?', state: textOf(stateStr) ?? '?' }))
  const written = millisecondsOf(reply['optimes']?.lastAppliedWallTime)
  const committed = millisecondsOf(reply['optimes']?.lastCommittedWallTime)
  return {
    down,
    majorityLagMs: written === null || committed === null ? null : Math.max(0, written - committed),
    count: members.length,
  }
}

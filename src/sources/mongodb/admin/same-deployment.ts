import type { MongodbConnection } from '../connect/connection.ts'
import { textOf } from '../connect/reply.ts'
import { compareIdentity, readIdentity } from '../resume/identity.ts'

/** What any client may ask of a server: its members by their names in the set's configuration, and itself. */
interface Membership {
  /** Empty: it is a router. */
  readonly members: readonly string[]
  readonly me: string | null
  /** Of this start of the server. null: it does not say. */
  readonly process: string | null
}

/** Whether two connections lead to one deployment, and what was compared. */
export interface Comparison {
  readonly is: 'same' | 'other' | 'unknown'
  readonly admin: string
  readonly source: string
}

/**
 * Compares by the ids of the deployments where both users can see them, which the source's user cannot before it has its role. Else by the
 * members: two sets cannot have a member in common. Behind tunnels, members of two sets can have the same name, so two servers of one name must
 * also be one process.
 */
export async function compareDeployments(
  admin: MongodbConnection,
  source: MongodbConnection,
  signal: AbortSignal,
): Promise<Comparison> {
  const [ours, theirs] = [await readIdentity(admin, signal), await readIdentity(source, signal)]
  const byId = compareIdentity(theirs, ours)
  if (byId !== 'unproven') return { is: byId, admin: JSON.stringify(ours), source: JSON.stringify(theirs) }
  const [a, b] = [await membershipOf(admin, signal), await membershipOf(source, signal)]
  const words = ({ members }: Membership) => `members ${members.join(', ')}`
  return { is: compareMemberships(a, b), admin: words(a), source: words(b) }
}

function compareMemberships(a: Membership, b: Membership): Comparison['is'] {
  if (a.members.length === 0 || b.members.length === 0) return 'unknown'
  if (!a.members.some((member) => b.members.includes(member))) return 'other'
  const areAlike = a.me !== null && a.me === b.me && a.process !== null && b.process !== null
  return areAlike && a.process !== b.process ? 'other' : 'same'
}

async function membershipOf(connection: MongodbConnection, signal: AbortSignal): Promise<Membership> {
  const hello = await connection.command('admin', { hello: 1 }, { signal })
  const members: readonly unknown[] = [...(hello['hosts'] ?? []), ...(hello['passives'] ?? [])]
  const process = hello['topologyVersion']?.processId
  return {
    members: members.map(String),
    me: textOf(hello['me']),
    process: process === undefined ? null : String(process),
  }
}

/** What the driver calls the roles of servers, in words. Of the others it has no answer. */
const ROLES: Readonly<Record<string, string>> = {
  RSPrimary: 'a primary',
  RSSecondary: 'a secondary',
  RSArbiter: 'an arbiter, which has no data',
  RSOther: 'a member that is hidden, starting or recovering',
  RSGhost: 'not initiated as a member of a set',
  Standalone: 'not a member of a set',
  Mongos: 'a router of a sharded cluster',
}

/**
 * Why none of the servers that the driver knows can be used, from its error: the role of each. null: none of them has answered.
 */
export function selectionInWords(thrown: unknown): string | null {
  const servers = serversOf(thrown)
  if (servers === null) return null
  if (servers.length === 0) return 'no host is a member of the set that the URL names (replicaSet)'
  const known = servers.flatMap(({ address, type, tags }) => {
    const role = ROLES[type]
    return role === undefined ? [] : [`${address} is ${role}${tagsInWords(tags)}`]
  })
  return known.length === 0
    ? null
    : `no server has the role that is wanted (the primary, or as readPreference and readPreferenceTags say): ${known.join(', ')}`
}

interface Described {
  readonly address: string
  readonly type: string
  /** As in a URL. */
  readonly tags: readonly string[]
}

function tagsInWords(tags: readonly string[]): string {
  return tags.length === 0 ? '' : ` (${tags.join(',')})`
}

/** In the error, they are in a description of the topology. */
function serversOf(thrown: unknown): readonly Described[] | null {
  const reason: unknown = thrown instanceof Error && 'reason' in thrown ? thrown.reason : null
  if (typeof reason !== 'object' || reason === null || !('servers' in reason) || !(reason.servers instanceof Map))
    return null
  return [...reason.servers].map(
    ([address, server]: [unknown, { readonly type?: unknown; readonly tags?: unknown }]) => ({
      address: String(address),
      type: String(server.type),
      tags: Object.entries(server.tags ?? {}).map(([name, value]) => `${name}:${String(value)}`),
    }),
  )
}

import { asOffbeatError } from '../../model/error.ts'
import type { AdminTarget } from '../admin-session.ts'
import { hostWords } from '../connection-words.ts'
import type { ConnectionConfig, SourceConfig } from '../source-config.ts'

/** The names of the two servers in words: host and port. */
export interface TargetNames {
  readonly admin: string
  readonly source: string
}

/**
 * Compares the server of the administrator's connection with the one that the source reads, over a connection of the source's own user, which
 * may not be able to log in yet. Resolves with how they differ; null: they are the same server, or a primary and its replica.
 */
export type CompareServers = (names: TargetNames, signal: AbortSignal) => Promise<string | null>

/** Whether the administrator's connection is to the server that the source reads, or to its primary. */
export async function adminTarget(
  config: Pick<SourceConfig, 'connection' | 'primary'>,
  admin: ConnectionConfig,
  compare: CompareServers,
  signal: AbortSignal,
): Promise<AdminTarget> {
  const own = [config.connection, ...(config.primary === null ? [] : [config.primary])].flatMap(addressesOf)
  if (addressesOf(admin).some((address) => own.includes(address))) return { is: 'same' }
  const names = { admin: hostWords(admin.hosts), source: hostWords(config.connection.hosts) }
  try {
    const found = await compare(names, signal)
    return found === null ? { is: 'same' } : { is: 'other', ...names, found }
  } catch (thrown) {
    signal.throwIfAborted()
    const found = `the servers cannot be compared: ${asOffbeatError(thrown).message}`
    return { is: 'unknown', ...names, found }
  }
}

function addressesOf({ hosts }: ConnectionConfig): readonly string[] {
  return hosts.map(
    ({ host, port }) => `${/^(127\.0\.0\.1|::1)$/.test(host) ? 'localhost' : host.toLowerCase()}:${port}`,
  )
}

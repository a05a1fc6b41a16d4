import { asOffbeatError } from '../../model/error.ts'
import type { AdminPlace } from '../admin-session.ts'
import { hostWords } from '../connection-words.ts'
import type { ConnectionConfig, SourceConfig } from '../source-config.ts'

/** What identifies a server. */
export interface ServerTraits {
  /** An id that the server shares with its copies and standbys, e.g. PostgreSQL's system identifier. */
  readonly id: string
  /** The server is a standby of a server with the same `id`. */
  readonly standby: boolean
  /** The start time, in microseconds. A copy has the same `id`, but not the same start time. */
  readonly started: string
}

export interface PlaceQuestion {
  /** The database's name for `ServerTraits.id`. */
  readonly idName: string
  /** Queried over the administrator's connection. */
  readonly ofAdmin: (signal: AbortSignal) => Promise<ServerTraits>
  /** Queried over a connection of the source's own user, which may not be able to log in yet. */
  readonly ofSource: (signal: AbortSignal) => Promise<ServerTraits>
}

/** Whether the administrator's connection is to the server that the source reads, or to its primary. */
export async function adminPlace(
  config: Pick<SourceConfig, 'connection' | 'primary'>,
  admin: ConnectionConfig,
  question: PlaceQuestion,
  signal: AbortSignal,
): Promise<AdminPlace> {
  const own = [config.connection, ...(config.primary === null ? [] : [config.primary])].flatMap(addressesOf)
  if (addressesOf(admin).some((address) => own.includes(address))) return { is: 'same' }
  const names = { admin: hostWords(admin.hosts), source: hostWords(config.connection.hosts) }
  try {
    const [ofAdmin, ofSource] = [await question.ofAdmin(signal), await question.ofSource(signal)]
    const found = difference(ofAdmin, ofSource, names, question.idName)
    return found === null ? { is: 'same' } : { is: 'other', ...names, found }
  } catch (thrown) {
    signal.throwIfAborted()
    const found = `the servers cannot be compared: ${asOffbeatError(thrown).message}`
    return { is: 'unknown', ...names, found }
  }
}

/** null: they are the same server, or a primary and its standby. */
function difference(
  admin: ServerTraits,
  source: ServerTraits,
  names: { readonly admin: string; readonly source: string },
  idName: string,
): string | null {
  if (admin.id !== source.id) return `${names.admin} has the ${idName} ${admin.id}, ${names.source} has ${source.id}`
  if (admin.standby || source.standby || admin.started === source.started) return null
  return `both have the ${idName} ${admin.id}, but were started at different times: one is a copy of the other`
}

function addressesOf({ hosts }: ConnectionConfig): readonly string[] {
  return hosts.map(
    ({ host, port }) => `${/^(127\.0\.0\.1|::1)$/.test(host) ? 'localhost' : host.toLowerCase()}:${port}`,
  )
}

import type { UrlParameters } from './url-parameter.ts'

/** How a connection to a database is written. */
export interface ConnectionDefaults {
  /** The URL's schemes, the usual one first. */
  readonly schemes: readonly string[]
  /** The members of `schemes` whose host is a DNS name that lists the hosts and their ports (mongodb+srv). */
  readonly dnsSchemes?: readonly string[]
  /** Used for a host without a port. */
  readonly port: number
  /**
   * 'none': a connection is to a server, not to one of its databases; neither the key `database` nor a path in the URL is allowed. 'login':
   * it is to a server too, and an optional database is only where the user is defined.
   */
  readonly database: 'required' | 'optional' | 'login' | 'none'
  readonly user: 'required' | 'optional'
  readonly urlParameters: UrlParameters
}

/** The expected form of a URL, for error messages. */
export function urlForm({ schemes, database, user }: ConnectionDefaults, port: string): string {
  const credentials = user === 'required' ? 'user:password@' : '[user:password@]'
  const path = { required: '/database', optional: '[/database]', login: '[/database]', none: '' }[database]
  return `${schemes[0]}://${credentials}host:${port}${path}`
}

/** The required keys, except `host`. */
export function requiredKeys(defaults: ConnectionDefaults): readonly ('database' | 'user')[] {
  return (['database', 'user'] as const).filter((key) => defaults[key] === 'required')
}

import type { UrlParameters } from './url-parameter.ts'

/** How a connection to a database is written. */
export interface ConnectionDefaults {
  /** The URL's schemes, the usual one first. */
  readonly schemes: readonly string[]
  /** Those of `schemes` whose host is a name under which DNS lists the hosts with their ports (mongodb+srv). */
  readonly dnsSchemes?: readonly string[]
  /** Of a host that names none. */
  readonly port: number
  /** 'none': a connection leads to a server and not to one of its databases; then neither the key nor the URL's path is taken. */
  readonly database: 'required' | 'optional' | 'none'
  readonly user: 'required' | 'optional'
  readonly urlParameters: UrlParameters
}

/** The form of a URL, for messages. */
export function urlForm({ schemes, database, user }: ConnectionDefaults, port: string): string {
  const credentials = user === 'required' ? 'user:password@' : '[user:password@]'
  const path = { required: '/database', optional: '[/database]', none: '' }[database]
  return `${schemes[0]}://${credentials}host:${port}${path}`
}

/** The keys that must be there, `host` aside. */
export function requiredKeys(defaults: ConnectionDefaults): readonly ('database' | 'user')[] {
  return (['database', 'user'] as const).filter((key) => defaults[key] === 'required')
}

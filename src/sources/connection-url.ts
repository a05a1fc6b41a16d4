import { type ConnectionDefaults, urlForm } from './connection-defaults.ts'
import { Mistake } from './scalar-schema.ts'

export interface ConnectionUrl {
  /** In lower case. */
  readonly scheme: string
  readonly user: string | null
  readonly password: string | null
  readonly hosts: readonly Host[]
  readonly database: string | null
  /** Decoded, in the order of the URL. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

export interface Host {
  readonly host: string
  /** null: the database's default. */
  readonly port: number | null
}

class UrlMistake extends Error {}

/**
 * Parses a connection URL: `scheme://user:password@host:port,host:port/database?name=value`. The user ends at the first colon, and the
 * password at the last `@` before the path. The hosts are decoded before they are split, so a variable there can contain `host:port` or a
 * list. No error message contains any part of the URL.
 */
export function parseConnectionUrl(url: string, defaults: ConnectionDefaults): ConnectionUrl | Mistake {
  const { schemes } = defaults
  const expected = urlForm(defaults, 'port')
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/isu.exec(url)
  const scheme = (match?.[1] ?? '').toLowerCase()
  if (match === null || !schemes.includes(scheme)) {
    return new Mistake(`does not begin with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, expected)
  }
  try {
    const parsed = { scheme, ...parts(match[2] ?? '') }
    const withoutPort = defaults.dnsSchemes?.includes(scheme) === true
    if (withoutPort && parsed.hosts.some(({ port }) => port !== null))
      throw new UrlMistake('has a port, which DNS gives')
    return parsed
  } catch (thrown) {
    if (thrown instanceof UrlMistake) return new Mistake(thrown.message, expected)
    throw thrown
  }
}

function parts(rest: string): Omit<ConnectionUrl, 'scheme'> {
  const end = rest.search(/[/?#]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  const tail = end < 0 ? '' : rest.slice(end)
  if (tail.includes('@') || tail.includes('#')) {
    throw new UrlMistake(
      'has a character of the password or name that must be percent-encoded (/ is %2F, ? is %3F, # is %23, @ is %40); a variable is encoded automatically',
    )
  }
  const at = authority.lastIndexOf('@')
  const query = tail.indexOf('?')
  const path = query < 0 ? tail : tail.slice(0, query)
  return {
    ...credentials(at < 0 ? '' : authority.slice(0, at)),
    hosts: splitHosts(decode(authority.slice(at + 1))),
    database: decode(path.replace(/^\//, '')) || null,
    parameters: query < 0 ? [] : splitParameters(tail.slice(query + 1)),
  }
}

function credentials(userInfo: string): Pick<ConnectionUrl, 'user' | 'password'> {
  const colon = userInfo.indexOf(':')
  const user = decode(colon < 0 ? userInfo : userInfo.slice(0, colon))
  const password = colon < 0 ? '' : decode(userInfo.slice(colon + 1))
  return { user: user || null, password: password || null }
}

function splitHosts(list: string): readonly Host[] {
  return list.split(',').map((each) => {
    const host = parseHost(each)
    if (typeof host === 'string') throw new UrlMistake(host)
    return host
  })
}

/** Parses `name`, `name:port`, `[IPv6]:port` or the folder of a Unix socket. Returns a string that says what is wrong if it cannot. */
export function parseHost(written: string): Host | string {
  if (/^[^[]*:[^[]*:/.test(written)) return 'has an IPv6 address that is not in [brackets]'
  if (written === '' || written.startsWith(':')) return 'has no host'
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]+))(?::(.*))?$/iu.exec(written)
  if (match === null) return 'has an invalid host'
  const host = match[1] ?? match[2] ?? ''
  if (match[3] === undefined) return { host, port: null }
  const port = /^\d+$/.test(match[3]) ? Number(match[3]) : 0
  return port < 1 || port > 65535 ? 'has a port that is not a number from 1 to 65535' : { host, port }
}

function splitParameters(query: string): ConnectionUrl['parameters'] {
  return query
    .split('&')
    .filter((each) => each !== '')
    .map((each) => {
      const equals = each.indexOf('=')
      return equals < 0 ? [decode(each), ''] : [decode(each.slice(0, equals)), decode(each.slice(equals + 1))]
    })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new UrlMistake('has a % that is not a percent-encoding (a % itself is %25)')
  }
}

import { z } from 'zod'
import { Secret } from '../model/secret.ts'
import { type ConnectionDefaults, requiredKeys, urlForm } from './connection-defaults.ts'
import { type ConnectionUrl, type Host, parseConnectionUrl, parseHost } from './connection-url.ts'
import { listed, Mistake, scalar, text, wholeNumber } from './scalar-schema.ts'
import type { ConnectionConfig } from './source-config.ts'
import { checkTls, mergeTls, type Report, type TlsKeys, tlsConfig, tlsSchema } from './tls-schema.ts'
import { ownParameters } from './url-parameter.ts'

const WHOLE_SERVER = 'has no meaning: the connection is to the whole server'

/** The keys of a source that configure its connection. */
export function connectionKeys(defaults: ConnectionDefaults) {
  return {
    url: connectionUrl(defaults)
      .optional()
      .describe(
        `The whole connection: ${urlForm(defaults, String(defaults.port))}; parts that come from a variable are encoded.`,
      ),
    host: host().optional().describe('The server, where there is no url.'),
    hosts: z
      .array(host())
      .min(1, { error: 'is empty; remove it or give one' })
      .optional()
      .describe('Several servers, tried in this order: host or host:port.'),
    port: wholeNumber(1, 65535, 'a port from 1 to 65535').optional().describe(`${defaults.port} where absent.`),
    database: databaseKey(defaults),
    user: text({ expected: 'the name of a user' }).optional().describe('The user, where there is no url.'),
    password: text({ expected: 'a password, best from an environment variable' })
      .transform((value) => new Secret(value))
      .optional()
      .describe('The password, best from an environment variable.'),
    passwordFile: text({ expected: 'the path of a file with the password' })
      .optional()
      .describe('A file with the password; relative to the folder of this file.'),
    tls: tlsSchema
      .optional()
      .describe('Encryption; plain to this machine itself and encrypted to others where absent.'),
  }
}

function databaseKey({ database }: ConnectionDefaults) {
  return database === 'none'
    ? z.never({ error: WHOLE_SERVER }).optional().describe('Not taken: the connection is to the whole server.')
    : text({ expected: 'the name of a database' }).optional().describe('The database, where there is no url.')
}

/** The parsed form of `connectionKeys`. */
export interface ConnectionEntry {
  readonly url?: ConnectionUrl | undefined
  readonly host?: Host | undefined
  readonly hosts?: readonly Host[] | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly user?: string | undefined
  readonly password?: Secret | undefined
  readonly passwordFile?: string | undefined
  readonly tls?: TlsKeys | undefined
}

function connectionUrl(defaults: ConnectionDefaults) {
  const expected = urlForm(defaults, 'port')
  const schemes = defaults.schemes.map((scheme) => scheme.replaceAll(/[+.]/g, '\\$&'))
  const part = { type: 'string', pattern: `^(${schemes.join('|')})://` }
  return scalar(part, expected, (value): ConnectionUrl | Mistake =>
    typeof value === 'string' ? parseConnectionUrl(value, defaults) : new Mistake('is not text', expected),
  )
}

function host() {
  const expected = 'a host, or host:port'
  return scalar({ type: 'string', minLength: 1 }, expected, (value): Host | Mistake => {
    const parsed = typeof value === 'string' ? parseHost(value) : 'is not text'
    return typeof parsed === 'string' ? new Mistake(parsed, expected) : parsed
  })
}

/**
 * Reports missing and contradictory keys. The entry may be only partly parsed: a key that is present can have the value undefined. With
 * `inherits`, hosts, database and user are optional.
 */
export function checkConnection(
  entry: ConnectionEntry,
  defaults: ConnectionDefaults,
  report: Report,
  inherits = false,
): void {
  const required = inherits ? [] : requiredKeys(defaults)
  if ('url' in entry) checkBesideUrl(entry, defaults, required, report)
  else checkWithoutUrl(entry, defaults, { required, needsHost: !inherits }, report)
  if ('password' in entry && 'passwordFile' in entry) {
    report(['passwordFile'], 'is given together with password', 'one of the two')
  }
  const tls = isParsed(entry.tls) ? entry.tls : {}
  const url = isParsed(entry.url) ? entry.url : undefined
  checkTls(mergeTls(tls, url, defaults.urlParameters, report), report)
}

/** false for a key that failed to parse: its value is then the unparsed input, or zod's marker of an aborted parse. */
export function isParsed<T>(value: T | undefined): value is T & object {
  return typeof value === 'object' && value !== null && !('status' in value)
}

type Required = ReturnType<typeof requiredKeys>

function checkBesideUrl(
  entry: ConnectionEntry,
  defaults: ConnectionDefaults,
  required: Required,
  report: Report,
): void {
  const names = ['host', 'hosts', 'port', 'database', 'user'] as const
  for (const name of names.filter((each) => each in entry && !(each === 'database' && defaults.database === 'none'))) {
    const keys = ['host', 'port', ...(defaults.database === 'none' ? [] : ['database']), 'user']
    report([name], 'is given together with url', `url alone, or ${listed(keys, 'and')} without it`)
  }
  if (!isParsed(entry.url)) return
  const form = urlForm(defaults, 'port')
  if (defaults.database === 'none' && entry.url.database !== null) {
    report(
      ['url'],
      'has a database, and the connection is to the whole server; name the database in tables instead, as in ["shop.*"]',
      form,
    )
  }
  for (const name of required.toReversed()) {
    if (entry.url[name] === null) report(['url'], `has no ${name}`, form)
  }
  for (const name of ['password', 'passwordFile'] as const) {
    if (entry.url.password !== null && name in entry)
      report([name], 'is given, and url has a password too', 'one of the two')
  }
}

function checkWithoutUrl(
  entry: ConnectionEntry,
  defaults: ConnectionDefaults,
  { required, needsHost }: { readonly required: Required; readonly needsHost: boolean },
  report: Report,
): void {
  const hasHost = 'host' in entry
  const keys = requiredKeys(defaults)
  if (!hasHost && !('hosts' in entry)) {
    if (needsHost)
      report(['url'], 'is missing', `url, or host${keys.length === 0 ? '' : ` with ${listed(keys, 'and')}`}`)
  } else {
    if (hasHost && 'hosts' in entry) report(['hosts'], 'is given together with host', 'one of the two')
    for (const name of required) {
      if (!(name in entry)) report([name], 'is missing', `${listed(['host', ...keys], 'and')} where there is no url`)
    }
  }
  if (isParsed(entry.host) && entry.host.port !== null && 'port' in entry)
    report(['port'], 'is given, and host has a port too', 'one of the two')
}

/** The connection of an entry in which `checkConnection` found no mistakes. */
export function connectionConfig(entry: ConnectionEntry, defaults: ConnectionDefaults): ConnectionConfig {
  const url = entry.url
  const given = url?.hosts ?? entry.hosts ?? (entry.host === undefined ? [] : [entry.host])
  const byDns = url !== undefined && defaults.dnsSchemes?.includes(url.scheme) === true
  const hosts = given.map(({ host, port }) => ({ host, port: byDns ? null : (port ?? entry.port ?? defaults.port) }))
  const own = ownParameters(url?.parameters ?? [], defaults.urlParameters)
  // Servers that DNS names must prove that they are those.
  const tls = mergeTls(entry.tls ?? {}, url, defaults.urlParameters, () => undefined)
  const urlPassword = url?.password == null ? null : new Secret(url.password)
  return {
    hosts,
    database: url?.database ?? entry.database ?? null,
    user: url?.user ?? entry.user ?? null,
    password: entry.password ?? urlPassword,
    ...(entry.passwordFile === undefined ? {} : { passwordFile: entry.passwordFile }),
    ...(Object.keys(own).length === 0 ? {} : { parameters: own }),
    tls: tlsConfig(
      byDns ? { ...tls, mode: tls.mode ?? 'verify-full' } : tls,
      hosts.map((each) => each.host),
    ),
  }
}

/** The connection of a source that requires a user and whose hosts are not looked up in DNS. */
export interface ServerConnection extends ConnectionConfig {
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly user: string
}

/** The connection of a source that requires a database too. */
export interface FullConnection extends ServerConnection {
  readonly database: string
}

export function serverConnection(connection: ConnectionConfig, defaults: ConnectionDefaults): ServerConnection {
  const { hosts, user } = connection
  if (user === null) throw new TypeError('the schema of this source does not require a user')
  return { ...connection, hosts: hosts.map(({ host, port }) => ({ host, port: port ?? defaults.port })), user }
}

export function fullConnection(connection: ConnectionConfig, defaults: ConnectionDefaults): FullConnection {
  const { database } = connection
  if (database === null) throw new TypeError('the schema of this source does not require a database')
  return { ...serverConnection(connection, defaults), database }
}

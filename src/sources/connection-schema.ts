import { z } from 'zod'
import { Secret } from '../model/secret.ts'
import { type ConnectionUrl, type Host, parseConnectionUrl, parseHost } from './connection-url.ts'
import { Mistake, scalar, text, wholeNumber } from './scalar-schema.ts'
import type { ConnectionConfig } from './source-config.ts'
import { checkTls, mergeTls, type Report, type TlsKeys, tlsConfig, tlsSchema } from './tls-schema.ts'

export interface ConnectionDefaults {
  /** The URL's schemes, the usual one first. */
  readonly schemes: readonly string[]
  readonly port: number
}

/** The keys of a source that say how to connect. */
export function connectionKeys(defaults: ConnectionDefaults) {
  const url = `${defaults.schemes[0]}://user:password@host:${defaults.port}/database`
  return {
    url: connectionUrl(defaults.schemes)
      .optional()
      .describe(`The whole connection: ${url}; parts that come from a variable are encoded.`),
    host: host().optional().describe('The server, where there is no url.'),
    hosts: z
      .array(host())
      .min(1, { error: 'is empty; remove it or give one' })
      .optional()
      .describe('Several servers, tried in this order: host or host:port.'),
    port: wholeNumber(1, 65535, 'a port from 1 to 65535').optional().describe(`${defaults.port} where absent.`),
    database: text({ expected: 'the name of a database' }).optional().describe('The database, where there is no url.'),
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

/** What `connectionKeys` parses into. */
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

function connectionUrl(schemes: readonly string[]) {
  const expected = `${schemes[0]}://user:password@host:port/database`
  const part = { type: 'string', pattern: `^(${schemes.join('|')})://` }
  return scalar(part, expected, (value): ConnectionUrl | Mistake =>
    typeof value === 'string' ? parseConnectionUrl(value, schemes) : new Mistake('is not text', expected),
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
 * Keys that are missing or contradict each other. The entry may be half parsed: a key that is there may hold undefined. Where
 * `inherits`, database and user may be left out.
 */
export function checkConnection(entry: ConnectionEntry, report: Report, inherits = false): void {
  if ('url' in entry) checkBesideUrl(entry, report, inherits)
  else checkWithoutUrl(entry, report, inherits)
  if ('password' in entry && 'passwordFile' in entry) {
    report(['passwordFile'], 'is given together with password', 'one of the two')
  }
  const tls = isParsed(entry.tls) ? entry.tls : {}
  const url = isParsed(entry.url) ? entry.url : undefined
  checkTls(mergeTls(tls, url, report), report)
}

/** A key whose own parsing failed holds whatever was there, or zod's mark of an aborted parse. */
export function isParsed<T>(value: T | undefined): value is T & object {
  return typeof value === 'object' && value !== null && !('status' in value)
}

function checkBesideUrl(entry: ConnectionEntry, report: Report, inherits: boolean): void {
  for (const name of ['host', 'hosts', 'port', 'database', 'user'] as const) {
    if (name in entry)
      report([name], 'is given together with url', 'url alone, or host, port, database and user without it')
  }
  if (!isParsed(entry.url)) return
  if (entry.url.user === null && !inherits) report(['url'], 'has no user', 'scheme://user:password@host/database')
  if (entry.url.database === null && !inherits)
    report(['url'], 'has no database', 'scheme://user:password@host/database')
  for (const name of ['password', 'passwordFile'] as const) {
    if (entry.url.password !== null && name in entry)
      report([name], 'is given, and url has a password too', 'one of the two')
  }
}

function checkWithoutUrl(entry: ConnectionEntry, report: Report, inherits: boolean): void {
  const hasHost = 'host' in entry
  if (!hasHost && !('hosts' in entry)) report(['url'], 'is missing', 'url, or host with database and user')
  else {
    if (hasHost && 'hosts' in entry) report(['hosts'], 'is given together with host', 'one of the two')
    for (const name of ['database', 'user'] as const) {
      if (!(name in entry || inherits)) report([name], 'is missing', 'host, database and user where there is no url')
    }
  }
  if (isParsed(entry.host) && entry.host.port !== null && 'port' in entry)
    report(['port'], 'is given, and host has a port too', 'one of the two')
}

/** The connection of an entry that `checkConnection` found no mistake in. */
export function connectionConfig(entry: ConnectionEntry, defaults: ConnectionDefaults): ConnectionConfig {
  const url = entry.url
  const given = url?.hosts ?? entry.hosts ?? (entry.host === undefined ? [] : [entry.host])
  const hosts = given.map(({ host, port }) => ({ host, port: port ?? entry.port ?? defaults.port }))
  const urlPassword = url?.password == null ? null : new Secret(url.password)
  return {
    hosts,
    database: url?.database ?? entry.database ?? '',
    user: url?.user ?? entry.user ?? '',
    password: entry.password ?? urlPassword,
    ...(entry.passwordFile === undefined ? {} : { passwordFile: entry.passwordFile }),
    tls: tlsConfig(
      mergeTls(entry.tls ?? {}, url, () => undefined),
      hosts.map((each) => each.host),
    ),
  }
}

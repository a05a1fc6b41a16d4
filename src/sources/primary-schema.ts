import { z } from 'zod'
import type { ConnectionDefaults } from './connection-defaults.ts'
import {
  type ConnectionEntry,
  checkConnection,
  connectionConfig,
  connectionKeys,
  isParsed,
} from './connection-schema.ts'
import type { ConnectionConfig } from './source-config.ts'
import { mergeTls, type Report, type TlsKeys } from './tls-schema.ts'
import { urlParameter } from './url-parameter.ts'

/** The section `primary`: the keys of a connection. */
export function primarySchema(defaults: ConnectionDefaults) {
  return z.strictObject(connectionKeys(defaults))
}

interface Owner {
  readonly readOnly?: boolean
  readonly primary?: ConnectionEntry | undefined
}

/** `entry` may be only partly parsed. */
export function checkPrimary(entry: Owner, defaults: ConnectionDefaults, report: Report): void {
  const { primary } = entry
  if (!('primary' in entry) || primary === undefined) return
  if (entry.readOnly === false) {
    const why = 'has no effect without readOnly: the connection is then to the primary'
    report(['primary'], why, 'readOnly: true, or no such key')
  }
  if (isParsed(primary)) {
    const inPrimary: Report = (path, message, expected) => report(['primary', ...path], message, expected)
    checkConnection(primary, defaults, inPrimary, true)
  }
}

/**
 * Omitted keys are inherited from the source: the hosts with the parameters of their URL, the database, the user with its password, and TLS
 * except for `servername`.
 */
export function primaryConfig(
  primary: ConnectionEntry,
  source: ConnectionEntry & { readonly connection: ConnectionConfig },
  defaults: ConnectionDefaults,
): ConnectionConfig {
  const { connection } = source
  const own = ownConnection(primary, source, defaults)
  const password = own.user === null || own.user === connection.user ? inherited(own, connection) : {}
  return {
    ...own,
    ...password,
    user: own.user ?? connection.user,
    database: own.database ?? connection.database,
  }
}

/** Without hosts of its own, it is another login on the hosts of the source, whose certificates have the same names. */
function ownConnection(
  primary: ConnectionEntry,
  source: ConnectionEntry & { readonly connection: ConnectionConfig },
  defaults: ConnectionDefaults,
): ConnectionConfig {
  const { url, host, hosts, tls, port } = primary
  if (url !== undefined || host !== undefined || hosts !== undefined) {
    return connectionConfig({ ...primary, tls: hasTls(primary, defaults) ? tls : tlsOf(source, defaults) }, defaults)
  }
  const { connection } = source
  const { parameters } = connection
  const same = connection.hosts.map((at) => ({ ...at, port: port ?? at.port }))
  const own = connectionConfig({ ...primary, hosts: same }, defaults)
  return {
    ...own,
    hosts: same,
    ...(parameters === undefined ? {} : { parameters }),
    tls: tls === undefined ? connection.tls : own.tls,
  }
}

function hasTls({ tls, url }: ConnectionEntry, { urlParameters }: ConnectionDefaults): boolean {
  const sets = (url?.parameters ?? []).map(([name]) => urlParameter(urlParameters, name)?.sets)
  return tls !== undefined || sets.some((key) => key !== undefined && key !== 'own')
}

function tlsOf(source: ConnectionEntry, defaults: ConnectionDefaults): TlsKeys {
  const { servername: _, ...keys } = mergeTls(source.tls ?? {}, source.url, defaults.urlParameters, () => undefined)
  return keys
}

function inherited(
  own: ConnectionConfig,
  { password, passwordFile }: ConnectionConfig,
): Pick<ConnectionConfig, 'password' | 'passwordFile'> | Record<string, never> {
  if (own.password !== null || own.passwordFile !== undefined) return {}
  return { password, ...(passwordFile === undefined ? {} : { passwordFile }) }
}

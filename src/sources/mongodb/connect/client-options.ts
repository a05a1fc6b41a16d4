import type { MongoClientOptions } from 'mongodb'
import { passwordOf } from '../../connect/password.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { certificateCheck, tlsOptions } from '../../connect/tls.ts'
import { valuesOf } from '../../url-parameter.ts'
import type { MongodbConfig } from '../config.ts'
import { dnsNamesDatabase } from './dns-records.ts'

const SERVICE = 'mongodb'

/** The connection string without a user: hosts, and the parameters of the source's own URL. */
export function connectionString({ connection }: MongodbConfig): string {
  const { hosts, parameters = {} } = connection
  const byDns = hosts.some(({ port }) => port === null)
  const list = hosts.map(({ host, port }) =>
    port === null ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`,
  )
  const { authMechanism: _, authSource: __, ...driver } = parameters
  const query = new URLSearchParams(
    Object.entries(driver).flatMap(([name, value]) => valuesOf(value).map((each): [string, string] => [name, each])),
  )
  return `${SERVICE}${byDns ? '+srv' : ''}://${list.map(encodeHost).join(',')}/?${query}`
}

/** Whether the URL leads to one member alone, whatever its role. */
export function isDirect({ connection }: Pick<MongodbConfig, 'connection'>): boolean {
  return connection.parameters?.['directConnection'] === 'true'
}

/** A host is decoded by the driver. Only what ends the list of hosts needs it. */
function encodeHost(host: string): string {
  return host.replaceAll(/[/?#@%]/g, encodeURIComponent)
}

/** The driver's options for a login and for TLS. The files and the password are read for each connection. */
export async function clientOptions(config: MongodbConfig, target: ServerTarget): Promise<MongoClientOptions> {
  return { ...(await login(config, target)), ...(await encryption(config, target)) }
}

/** The database in which the user is defined, by the rules of MongoDB's connection string. */
export function authenticationDatabase({ connection }: Pick<MongodbConfig, 'connection'>): string {
  const { database, parameters = {} } = connection
  return parameters['authSource'] ?? (parameters['authMechanism'] === 'PLAIN' ? '$external' : (database ?? 'admin'))
}

async function login(config: MongodbConfig, target: ServerTarget): Promise<MongoClientOptions> {
  const { connection } = config
  const { user, parameters = {} } = connection
  const mechanism = parameters['authMechanism']
  if (mechanism === 'MONGODB-X509')
    return { authMechanism: mechanism, authSource: '$external', ...(user === null ? {} : { auth: { username: user } }) }
  if (user === null) return {}
  return {
    auth: { username: user, password: await passwordOf(connection, target) },
    // The driver reads it from the TXT record.
    ...(dnsNamesDatabase(config) ? {} : { authSource: authenticationDatabase(config) }),
    ...(mechanism === 'SCRAM-SHA-1' || mechanism === 'SCRAM-SHA-256' || mechanism === 'PLAIN'
      ? { authMechanism: mechanism }
      : {}),
  }
}

/** The driver sets the name for SNI itself, for each server that it finds. Each certificate must be for its own server. */
async function encryption({ connection }: MongodbConfig, target: ServerTarget): Promise<MongoClientOptions> {
  const options = await tlsOptions(connection.tls, target)
  if (options === null) return { tls: false }
  const { servername, ca, cert, key, rejectUnauthorized } = options
  const faultOf = await certificateCheck(connection.tls)
  return {
    tls: true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    checkServerIdentity: (host, certificate) => faultOf({ ...target, host }, certificate),
    ...(connection.tls.servername !== null && servername !== undefined ? { servername } : {}),
  }
}

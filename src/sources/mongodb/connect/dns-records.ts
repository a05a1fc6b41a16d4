import { OffbeatError } from '../../../model/error.ts'
import { inShell } from '../../../model/fix.ts'
import { nodeCodeOf } from '../../connect/node-error.ts'
import type { MongodbConfig } from '../config.ts'

/*
 * `mongodb+srv://HOST` is looked up in DNS: the members are in the SRV records of `_mongodb._tcp.HOST`, and a TXT record of HOST may
 * give `authSource` and `replicaSet`. The driver does it, but only for a connection by that URL.
 */

/** The host of `mongodb+srv`. null: the configuration names the servers. */
function srvHostOf({ connection }: Pick<MongodbConfig, 'connection'>): string | null {
  const [first] = connection.hosts
  return first?.port === null ? first.host : null
}

/** Whether the database in which the user is defined is for DNS to say, by the rules of MongoDB's connection string. */
export function dnsNamesDatabase({ connection }: Pick<MongodbConfig, 'connection'>): boolean {
  const { database, parameters = {} } = connection
  const isGiven = database !== null || parameters['authSource'] !== undefined || parameters['authMechanism'] === 'PLAIN'
  return !isGiven && srvHostOf({ connection }) !== null
}

/** `authSource` of the TXT record. null: there is none. */
export async function authSourceOfDns(config: Pick<MongodbConfig, 'connection'>): Promise<string | null> {
  const { promises: dns } = await import('node:dns')
  try {
    const [record = []] = await dns.resolveTxt(srvHostOf(config) ?? '')
    return new URLSearchParams(record.join('')).get('authSource')
  } catch (thrown) {
    if (NOT_THERE.includes(nodeCodeOf(thrown) ?? '')) return null
    throw explainDns(thrown, config) ?? thrown
  }
}

const NOT_THERE: readonly string[] = ['ENOTFOUND', 'ENODATA']

/** What the driver, or Node, reports of the look-up. null: it is another error. */
export function explainDns(thrown: unknown, config: Pick<MongodbConfig, 'connection'>): OffbeatError | null {
  const host = srvHostOf(config)
  if (host === null || !(thrown instanceof Error)) return null
  const service = config.connection.parameters?.['srvServiceName'] ?? 'mongodb'
  const record = `SRV record _${service}._tcp.${host}`
  const code = nodeCodeOf(thrown)
  const call = 'syscall' in thrown ? thrown.syscall : null
  if (call === 'querySrv' && code !== null) return notFound(host, record, code)
  if (call === 'queryTxt' && code !== null) return notFound(host, `TXT record ${host}`, code)
  return RECORD_FAULT.test(thrown.message) ? refused(host, record, thrown.message) : null
}

function notFound(host: string, record: string, code: string): OffbeatError {
  const found = NOT_THERE.includes(code)
    ? `DNS has no ${record} (${code})`
    : `DNS does not answer for the ${record} (${code})`
  return lookUpFailed(host, record, { found, code })
}

/** The driver's own messages about the records. They name no data. */
const RECORD_FAULT =
  /^(Server record|No addresses found|Multiple text records|Text record may|Cannot have empty URI params in DNS)/

function refused(host: string, record: string, said: string): OffbeatError {
  return lookUpFailed(host, record, { found: `the driver refuses the records of ${host}: ${said}`, code: null })
}

function lookUpFailed(
  host: string,
  record: string,
  { found, code }: { readonly found: string; readonly code: string | null },
): OffbeatError {
  return new OffbeatError('DATABASE_UNREACHABLE', {
    message: `the servers of mongodb+srv://${host} cannot be looked up`,
    found,
    expected:
      'an SRV record with hosts of the same domain, and at most one TXT record with options; or the hosts in mongodb://HOST:PORT,HOST:PORT',
    fix: [inShell(`nslookup -type=${record.slice(0, 3)} ${record.split(' ').at(-1)}`)],
    details: { host, code },
  })
}

import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { textOf } from './reply.ts'

/*
 * Services and servers that speak MongoDB's protocol, and whose change streams, as they are documented, lack something that a connector
 * needs. They are recognized by
 *
 *   the names of hosts: in the URL, and as the server gives them in `hello`, which a tunnel or a private endpoint does not change
 *   `hello.internal.documentdb_versions` (before: `cosmos_versions`) of the engine of Azure DocumentDB
 *   `ferretdb` or `ferretdbVersion` in `buildInfo`
 */

interface ForeignService {
  readonly name: string
  /** What it lacks, by its documentation. */
  readonly because: string
}

const AMAZON: ForeignService = {
  name: 'Amazon DocumentDB',
  because:
    'its change streams have no startAfter, so none continues after a dropped collection; they are off until modifyChangeStreams turns them on; and it has no oplog that would show how long (change_stream_log_retention_duration, 3 hours by default) a stopped connector can continue',
}

const COSMOS: ForeignService = {
  name: 'Azure Cosmos DB for MongoDB (RU)',
  because:
    'its change streams show no deletes and no operation type, cover only one collection, and are in order only within a shard key',
}

const AZURE: ForeignService = {
  name: 'Azure DocumentDB (Cosmos DB for MongoDB vCore)',
  because:
    'its change streams show no dropped or renamed collections, have tokens without a time, and keep 400 MB of changes, of which no command shows how far back they reach',
}

const FERRET: ForeignService = { name: 'FerretDB', because: 'it has no change streams' }

const BY_HOST: readonly (readonly [hosts: RegExp, service: ForeignService])[] = [
  [/\.docdb(-elastic)?\.amazonaws\.com(\.cn)?$/i, AMAZON],
  [/\.mongocluster\.cosmos\.azure\.(com|cn)$/i, AZURE],
  [/\.(mongo\.cosmos|documents)\.azure\.(com|cn)$/i, COSMOS],
]

/** Throws if the host belongs to a service that cannot be read. Nothing has connected to it yet. */
export function refuseForeignHost(hosts: readonly string[], target: ServerTarget): void {
  const service = serviceOfHosts(hosts)
  if (service !== null) throw unsupported(service, target)
}

/** Throws if what the server says of itself shows such a service. */
export function refuseForeignServer(hello: Document, build: Document, target: ServerTarget): void {
  const service = serviceOfServer(hello, build)
  if (service !== null) throw unsupported(service, target)
}

function serviceOfServer(hello: Document, build: Document): ForeignService | null {
  if (Object.keys(build).some((name) => name.startsWith('ferretdb'))) return FERRET
  const members: readonly unknown[] = Array.isArray(hello['hosts']) ? hello['hosts'] : []
  const byName = serviceOfHosts([...members, hello['me'], hello['primary']].flatMap((each) => hostOf(textOf(each))))
  if (byName !== null) return byName
  const { documentdb_versions: versions, cosmos_versions: before } = Object(hello['internal'])
  return versions === undefined && before === undefined ? null : AZURE
}

/** Without its port. */
function hostOf(member: string | null): readonly string[] {
  return member === null ? [] : [member.replace(/:\d+$/, '')]
}

function serviceOfHosts(hosts: readonly string[]): ForeignService | null {
  return BY_HOST.find(([pattern]) => hosts.some((host) => pattern.test(host)))?.[1] ?? null
}

function unsupported({ name, because }: ForeignService, target: ServerTarget): OffbeatError {
  const { host, port } = target
  return new OffbeatError('MONGODB_SERVICE_UNSUPPORTED', {
    message: `Offbeat does not read from ${address(target)}: it is ${name}`,
    found: because,
    expected: 'a replica set or a sharded cluster of MongoDB, for example on Atlas',
    details: { service: name, host, port },
  })
}

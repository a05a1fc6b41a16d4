import { Timestamp, UUID } from 'mongodb'
import { isDocument, listOf } from './document-match.ts'
import type { FakeData, NamespaceType } from './fake-data.ts'
import type { LogEntry, Oplog } from './oplog.ts'
import { ServerError } from './server-error.ts'
import { timestampOf } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

type Command = (command: BsonDocument, data: FakeData, oplog: Oplog) => BsonDocument

const OK = { ok: 1 }
/** What the oplog is said to need for an entry, and to have room for. */
const ENTRY_BYTES = 200
const OPLOG_BYTES = 1_073_741_824

/** Commands that only a primary takes. */
export const WRITE_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['insert', insert],
  ['update', update],
  ['delete', remove],
  [
    'create',
    (command, data) => {
      data.create(namespaceOf(command, 'create'), { nsType: typeOfNew(command), keepsImages: imagesOf(command) })
      return OK
    },
  ],
  [
    'createIndexes',
    (command, data) => {
      for (const index of listOf(command['indexes'])) data.createIndex(namespaceOf(command, 'createIndexes'), index)
      return OK
    },
  ],
  [
    'dropIndexes',
    (command, data) => {
      data.dropIndex(namespaceOf(command, 'dropIndexes'), String(command['index']))
      return OK
    },
  ],
  [
    'shardCollection',
    (command, data) => {
      data.shard(String(command['shardCollection']), asDocument(command['key']))
      return OK
    },
  ],
  [
    'collMod',
    (command, data) => {
      data.modify(namespaceOf(command, 'collMod'), imagesOf(command))
      return OK
    },
  ],
  [
    'renameCollection',
    (command, data) => {
      data.rename(String(command['renameCollection']), String(command['to']), command['dropTarget'] === true)
      return OK
    },
  ],
  [
    'drop',
    (command, data) => {
      data.drop(namespaceOf(command, 'drop'))
      return OK
    },
  ],
  [
    'dropDatabase',
    (command, data) => {
      data.dropDatabase(String(command['$db']))
      return OK
    },
  ],
])

export const READ_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['ping', () => OK],
  ['endSessions', () => OK],
  ['find', find],
  ['aggregate', aggregate],
  ['serverStatus', serverStatus],
  ['listDatabases', (_, data) => ({ databases: databases(data).map((name) => ({ name })), totalSize: 0, ...OK })],
  ['listCollections', listCollections],
  [
    'connectionStatus',
    () => ({
      authInfo: { authenticatedUsers: [], authenticatedUserRoles: [], authenticatedUserPrivileges: [] },
      ...OK,
    }),
  ],
])

/** null: the command says nothing about them. */
function imagesOf({ changeStreamPreAndPostImages: images }: BsonDocument): boolean | null {
  return isDocument(images) ? images['enabled'] === true : null
}

function typeOfNew(command: BsonDocument): NamespaceType {
  if ('viewOn' in command) return 'view'
  return 'timeseries' in command ? 'timeseries' : 'collection'
}

function namespaceOf(command: BsonDocument, name: string): string {
  return `${String(command['$db'])}.${String(command[name])}`
}

function insert(command: BsonDocument, data: FakeData): BsonDocument {
  const documents = listOf(command['documents'])
  for (const document of documents) data.insert(namespaceOf(command, 'insert'), document)
  return { n: documents.length, ...OK }
}

function update(command: BsonDocument, data: FakeData): BsonDocument {
  const results = listOf(command['updates']).map(({ q, u, upsert }) =>
    data.update(
      namespaceOf(command, 'update'),
      asDocument(q),
      Array.isArray(u) ? listOf(u) : asDocument(u),
      upsert === true,
    ),
  )
  const upserted = results.flatMap(({ upsertedId }, index) => (upsertedId === null ? [] : [{ index, _id: upsertedId }]))
  return {
    n: sum(results.map(({ matched }) => matched)) + upserted.length,
    nModified: sum(results.map(({ modified }) => modified)),
    ...(upserted.length === 0 ? {} : { upserted }),
    ...OK,
  }
}

function remove(command: BsonDocument, data: FakeData): BsonDocument {
  const ns = namespaceOf(command, 'delete')
  const counts = listOf(command['deletes']).map(({ q, limit }) => data.delete(ns, asDocument(q), Number(limit ?? 0)))
  return { n: sum(counts), ...OK }
}

function find(command: BsonDocument, data: FakeData, oplog: Oplog): BsonDocument {
  const ns = namespaceOf(command, 'find')
  const found = ns === 'local.oplog.rs' ? oplogEnds(command, oplog) : data.find(ns, asDocument(command['filter']))
  const limit = Number(command['limit'] ?? 0)
  const firstBatch = limit === 0 ? found : found.slice(0, Math.abs(limit))
  return { cursor: { firstBatch, id: 0n, ns }, ...OK }
}

/** Of pipelines that are no change streams: the statistics of the oplog. */
function aggregate(command: BsonDocument, _: FakeData, oplog: Oplog): BsonDocument {
  const ns = namespaceOf(command, 'aggregate')
  const [stage = {}] = listOf(command['pipeline'])
  if (ns !== 'local.oplog.rs' || !('$collStats' in stage))
    throw new ServerError(59, `the fake has no pipeline that begins with ${Object.keys(stage).join()}`)
  return oplogStatistics(oplog)
}

export function oplogStatistics(oplog: Oplog): BsonDocument {
  const ns = 'local.oplog.rs'
  const count = oplog.end - oplog.first
  const storageStats = { count, size: count * ENTRY_BYTES, maxSize: OPLOG_BYTES, capped: true }
  return { cursor: { firstBatch: [{ ns, storageStats }], id: 0n, ns }, ...OK }
}

function serverStatus(): BsonDocument {
  const oplogTruncation = { oplogMinRetentionHours: 0 }
  return { host: 'fake', localTime: new Date(), uptimeMillis: 3_600_000n, oplogTruncation, ...OK }
}

/** Its oldest or its newest entry, as the order of the query says, or the one of the time that the query is for. */
function oplogEnds(command: BsonDocument, oplog: Oplog): readonly BsonDocument[] {
  const { ts } = asDocument(command['filter'])
  if (ts instanceof Timestamp) {
    const at = oplog.from(ts.toBigInt())
    return oplog.entry(at)?.time === ts.toBigInt() ? oplogEntry(oplog, at) : []
  }
  const sort = asDocument(command['sort'])
  return oplogEntry(oplog, sort['$natural'] === -1 || sort['ts'] === -1 ? oplog.end - 1 : oplog.first)
}

/** Empty: it was removed, or is yet to come. */
export function oplogEntry(oplog: Oplog, number: number): readonly BsonDocument[] {
  const entry = oplog.entry(number)
  if (entry === undefined) return []
  return [{ ...operationOf(entry), ts: timestampOf(entry.time), t: 1n, v: 2n, wall: entry.wallTime }]
}

/** What is read of an entry: the collections of its changes. */
function operationOf({ changes }: LogEntry): BsonDocument {
  const operations = changes.map(({ db, coll, uuid }) => ({
    op: 'i',
    ns: coll === null ? `${db}.$cmd` : `${db}.${coll}`,
    ui: new UUID(uuid),
    o: {},
  }))
  const [only, ...more] = operations
  if (only === undefined) return { op: 'n', ns: '', o: { msg: 'periodic noop' } }
  return more.length === 0 ? only : { op: 'c', ns: 'admin.$cmd', o: { applyOps: operations } }
}

function listCollections(command: BsonDocument, data: FakeData): BsonDocument {
  const db = String(command['$db'])
  const names = data.namespaces().filter((ns) => ns.startsWith(`${db}.`))
  const firstBatch = names.map((ns) => ({ name: ns.slice(db.length + 1), type: 'collection', options: {} }))
  return { cursor: { firstBatch, id: 0n, ns: `${db}.$cmd.listCollections` }, ...OK }
}

function databases(data: FakeData): readonly string[] {
  return [...new Set(data.namespaces().map((ns) => ns.slice(0, ns.indexOf('.'))))]
}

function asDocument(value: unknown): BsonDocument {
  return isDocument(value) ? value : {}
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

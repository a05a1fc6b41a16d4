import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ClientSession, Document, MongoClient, Timestamp } from 'mongodb'
import { MONGODB } from '../../src/sources/mongodb/definition.ts'
import { type Audited, type EntryWriter, readDelivered, type Step } from './audited.ts'
import type { OwnMongodbServer } from './mongodb.ts'
import type { TestedSource } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * The audited collection, on a server that belongs to the test. What was committed is what the server's own oplog shows; its entries of one
 * transaction have one time. Disposing ends the server.
 */
export interface AuditedMongodb extends Audited {
  readonly server: OwnMongodbServer
  readonly admin: MongoClient
  readonly database: string
  readonly source: TestedSource
  configure(about: { readonly port?: number; readonly interval?: string; readonly store?: string }): void
  withStore(path: string): Audited
  /** In one transaction. SecantusDB takes minutes for an update in a large one, so there is none. */
  insertMany(rows: number, bytes: number): Promise<void>
}

interface Entry {
  readonly _id: number
  readonly pad: string
}

/** The number of the next document: the writers of one test share them. */
class Ids {
  #last = 0

  next(): number {
    return ++this.#last
  }
}

export async function openAuditedMongodb(server: OwnMongodbServer): Promise<AuditedMongodb> {
  const database = server.createDatabase()
  const admin = server.client()
  await admin.db(database).createCollection('entry')
  const ids = new Ids()
  const folder = temporaryFolder()
  const storePath = folder.file('offbeat.db')
  const entry = ({
    port = server.port,
    interval = '500ms',
  }: {
    readonly port?: number
    readonly interval?: string
  }) => ({
    kind: 'mongodb',
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    tables: [`${database}.entry`],
    heartbeat: { interval, source: { mode: 'table', schema: 'streamkap' } },
  })
  const configure: AuditedMongodb['configure'] = (about) => {
    const sink = { kind: 'sqlite', path: about.store ?? 'offbeat.db' }
    // JSON is valid YAML.
    const config = JSON.stringify({ sources: { shop: entry(about) }, sink, server: 'off' })
    writeFileSync(folder.file('offbeat.yaml'), config, { mode: 0o600 })
  }
  configure({})
  const collection = () => admin.db(database).collection<Entry>('entry')
  const view = (store: string): Audited => {
    const changes = (afterSeq?: number) => readDelivered(store, `shop.${database}.entry`, 'ts', afterSeq)
    return {
      folder,
      storePath: store,
      committed: () => committedIn(admin, `${database}.entry`),
      changes,
      delivered: () => changes().map(({ step }) => step),
      rows: async () => (await collection().find().sort({ _id: 1 }).toArray()).map(rowText),
      connect: async () => writerOf(server.client(), database, ids),
      insert: async (pad) => void (await collection().insertOne({ _id: ids.next(), pad })),
      async [Symbol.asyncDispose]() {
        // The folder and the server belong to the whole.
      },
    }
  }
  return {
    ...view(storePath),
    server,
    admin,
    database,
    source: { definition: MONGODB, config: MONGODB.config.parse(entry({})) },
    configure,
    withStore: (path) => view(resolve(folder.path, path)),
    async insertMany(rows, bytes) {
      const entries = Array.from({ length: rows }, () => ({ _id: ids.next(), pad: 'x'.repeat(bytes) }))
      await admin.withSession((session) =>
        session.withTransaction(async () => await collection().insertMany(entries, { session })),
      )
    },
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await admin.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

function rowText({ _id, pad }: Entry): string {
  return `${_id} ${createHash('sha256').update(pad).digest('hex')}`
}

function writerOf(client: MongoClient, database: string, ids: Ids): EntryWriter {
  const entries = client.db(database).collection<Entry>('entry')
  const work = async (session: ClientSession, rows: number, bytes: number) => {
    const inserted = Array.from({ length: rows }, (_, i) => ({
      _id: ids.next(),
      pad: String.fromCharCode(97 + (i % 26)).repeat(bytes),
    }))
    await entries.insertMany(inserted, { session })
    const [first, second] = inserted
    if (first !== undefined) await entries.updateOne({ _id: first._id }, { $set: { pad: 'updated' } }, { session })
    if (second !== undefined) await entries.deleteOne({ _id: second._id }, { session })
  }
  return {
    async transaction(rows, bytes) {
      await client.withSession((session) => session.withTransaction(() => work(session, rows, bytes)))
    },
    [Symbol.asyncDispose]: async () => await client.close(),
  }
}

const OPS: Readonly<Record<string, string>> = { i: 'c', u: 'u', d: 'd' }

/** mongod has the operations of a transaction in one entry, SecantusDB has an entry for each. */
async function committedIn(admin: MongoClient, namespace: string): Promise<readonly Step[]> {
  const oplog = admin
    .db('local')
    .collection<{ readonly op: string; readonly ns: string; readonly ts: Timestamp }>('oplog.rs')
  const entries: readonly Document[] = await oplog.find().sort({ $natural: 1 }).toArray()
  return entries.flatMap((entry) => {
    const operations: readonly Document[] = entry['op'] === 'c' ? (entry['o']?.applyOps ?? []) : [entry]
    const { t, i } = entry['ts']
    return operations.flatMap(({ op, ns }) =>
      ns === namespace && OPS[op] !== undefined ? [`${t}.${i} ${OPS[op]}`] : [],
    )
  })
}

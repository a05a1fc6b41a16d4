import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Binary, BSON, ObjectId } from 'mongodb'
import { isDocument, matches } from './document-match.ts'
import { applyUpdate, isOperatorUpdate, type UpdateGiven } from './document-update.ts'
import type { LogChange, Oplog } from './oplog.ts'
import { ServerError } from './server-error.ts'
import type { BsonDocument } from './wire-message.ts'

interface Collection {
  readonly uuid: string
  /** By the extended JSON of `_id`. */
  readonly documents: Map<string, BsonDocument>
  readonly indexes: Set<string>
  /** null: as for all collections. */
  keepsImages: boolean | null
}

/** What the creation of a namespace says that it is, since 8.1. */
export type NamespaceType = 'collection' | 'timeseries' | 'view'

interface NewNamespace {
  readonly nsType: NamespaceType
  readonly keepsImages: boolean | null
}

export interface UpdateResult {
  readonly matched: number
  readonly modified: number
  readonly upsertedId: unknown
}

/** The documents of the fake, and what is logged of their changes. A namespace is `database.collection`. */
export class FakeData {
  /** Whether pre-images and post-images are kept, of collections without a setting of their own. */
  imagesAreKept = false
  /** The fields of the shard key, by the namespace. */
  shardKeys: Readonly<Record<string, readonly string[]>> = {}
  readonly #oplog: Oplog
  readonly #collections = new Map<string, Collection>()
  /** The changes of the transaction that is open. null: each change is logged by itself. */
  #transaction: LogChange[] | null = null

  constructor(oplog: Oplog) {
    this.#oplog = oplog
  }

  find(ns: string, query: BsonDocument): readonly BsonDocument[] {
    return [...(this.#collections.get(ns)?.documents.values() ?? [])].filter((document) => matches(document, query))
  }

  namespaces(): readonly string[] {
    return [...this.#collections.keys()]
  }

  insert(ns: string, given: BsonDocument): unknown {
    const document = { _id: given['_id'] ?? new ObjectId(), ...given }
    this.#put(ns, document)
    this.#log(ns, 'insert', { fullDocument: document, documentKey: this.#keyOf(ns, document) })
    return document._id
  }

  update(ns: string, query: BsonDocument, update: UpdateGiven, upsert = false): UpdateResult {
    const [before] = this.find(ns, query)
    if (before === undefined)
      return { matched: 0, modified: 0, upsertedId: upsert ? this.#upsert(ns, query, update) : null }
    const { document, description, disambiguatedPaths } = applyUpdate(before, update)
    if (isDeepStrictEqual(document, before)) return { matched: 1, modified: 0, upsertedId: null }
    this.#put(ns, document)
    const images = this.#keepsImages(ns) ? { preImage: before, postImage: document } : {}
    if (isOperatorUpdate(update))
      this.#log(
        ns,
        'update',
        { documentKey: this.#keyOf(ns, before), updateDescription: description },
        { ...images, disambiguatedPaths },
      )
    else this.#log(ns, 'replace', { fullDocument: document, documentKey: this.#keyOf(ns, before) }, images)
    return { matched: 1, modified: 1, upsertedId: null }
  }

  #upsert(ns: string, query: BsonDocument, update: UpdateGiven): unknown {
    const base = Object.fromEntries(
      Object.entries(query).filter(([name, value]) => !name.startsWith('$') && !isDocument(value)),
    )
    const { document } = applyUpdate(base, update)
    return this.insert(ns, document)
  }

  /** `limit` 0: all that fit. */
  delete(ns: string, query: BsonDocument, limit = 0): number {
    const all = this.find(ns, query)
    const found = limit === 0 ? all : all.slice(0, limit)
    for (const document of found) {
      this.#collection(ns).documents.delete(idText(document))
      this.#log(
        ns,
        'delete',
        { documentKey: this.#keyOf(ns, document) },
        this.#keepsImages(ns) ? { preImage: document } : {},
      )
    }
    return found.length
  }

  /** A collection is also created by its first document. */
  create(ns: string, about: Partial<NewNamespace> = {}): void {
    if (this.#collections.has(ns)) throw new ServerError(48, `Collection ${ns} already exists.`)
    this.#collection(ns, about)
  }

  createIndex(ns: string, index: BsonDocument): void {
    this.#collection(ns).indexes.add(String(index['name']))
    this.#describe(ns, 'createIndexes', { indexes: [index] })
  }

  dropIndex(ns: string, name: string): void {
    if (this.#collections.get(ns)?.indexes.delete(name) !== true)
      throw new ServerError(27, `index not found with name [${name}]`)
    this.#describe(ns, 'dropIndexes', { indexes: [{ v: 2, name }] })
  }

  shard(ns: string, shardKey: BsonDocument): void {
    this.shardKeys = { ...this.shardKeys, [ns]: Object.keys(shardKey).filter((name) => name !== '_id') }
    this.#describe(ns, 'shardCollection', { shardKey, unique: false })
  }

  /** `keepsImages` null: as it was. */
  modify(ns: string, keepsImages: boolean | null): void {
    const collection = this.#existing(ns)
    collection.keepsImages = keepsImages ?? collection.keepsImages
    const options = keepsImages === null ? {} : { changeStreamPreAndPostImages: { enabled: keepsImages } }
    this.#describe(ns, 'modify', options)
  }

  drop(ns: string): void {
    if (!this.#collections.has(ns)) return
    this.#log(ns, 'drop', {})
    this.#collections.delete(ns)
  }

  /** `dropTarget`: the collection of the new name is dropped, if there is one. */
  rename(from: string, to: string, dropTarget = false): void {
    const collection = this.#existing(from)
    const target = this.#collections.get(to)
    if (target !== undefined && !dropTarget) throw new ServerError(48, 'target namespace exists')
    const [db = '', coll = ''] = parts(to)
    const dropped = target === undefined ? {} : { dropTarget: uuidOf(target.uuid) }
    const expandedFields = { operationDescription: { to: { db, coll }, ...dropped } }
    this.#log(from, 'rename', { to: { db, coll } }, { expandedFields })
    this.#collections.delete(from)
    this.#collections.set(to, collection)
  }

  dropDatabase(db: string): void {
    for (const ns of this.namespaces()) if (ns.startsWith(`${db}.`)) this.drop(ns)
    this.#commit({ ...NO_CHANGE, db, coll: null, uuid: randomUUID(), operationType: 'dropDatabase' })
  }

  /** Logs an event as it is given, for example one of a type that no server has yet. */
  event(ns: string, operationType: string, fields: BsonDocument): void {
    this.#log(ns, operationType, fields)
  }

  /** What `work` changes becomes one transaction. */
  transaction(work: () => void, session: { readonly lsid: string; readonly txnNumber: bigint }): void {
    const changes: LogChange[] = []
    this.#transaction = changes
    try {
      work()
    } finally {
      this.#transaction = null
    }
    const lsid = { id: uuidOf(session.lsid) }
    const marks = { lsid, txnNumber: session.txnNumber }
    this.#oplog.append(changes.map((change) => ({ ...change, fields: { ...marks, ...change.fields } })))
  }

  /** The document of a change as it is now. */
  lookUp({ db, coll, fields }: LogChange): BsonDocument | null {
    const key = fields['documentKey']
    return isDocument(key) ? (this.find(`${db}.${coll}`, key)[0] ?? null) : null
  }

  #put(ns: string, document: BsonDocument): void {
    this.#collection(ns).documents.set(idText(document), document)
  }

  #collection(ns: string, { nsType = 'collection', keepsImages = null }: Partial<NewNamespace> = {}): Collection {
    const existing = this.#collections.get(ns)
    if (existing !== undefined) return existing
    const created = { uuid: randomUUID(), documents: new Map(), indexes: new Set<string>(), keepsImages }
    this.#collections.set(ns, created)
    this.#log(ns, 'create', { operationDescription: {} }, { expanded: true, expandedFields: { nsType } })
    return created
  }

  #existing(ns: string): Collection {
    const collection = this.#collections.get(ns)
    if (collection === undefined) throw new ServerError(26, `ns not found: ${ns}`)
    return collection
  }

  #keepsImages(ns: string): boolean {
    return this.#collections.get(ns)?.keepsImages ?? this.imagesAreKept
  }

  /** Of an event that only expanded streams have. */
  #describe(ns: string, operationType: string, operationDescription: BsonDocument): void {
    this.#log(ns, operationType, { operationDescription }, { expanded: true })
  }

  #keyOf(ns: string, document: BsonDocument): BsonDocument {
    const fields = (this.shardKeys[ns] ?? []).map((name) => [name, document[name]])
    return { ...Object.fromEntries(fields), _id: document['_id'] }
  }

  #log(ns: string, operationType: string, fields: BsonDocument, more: Partial<LogChange> = {}): void {
    const [db = '', coll = ''] = parts(ns)
    const { uuid } = this.#collection(ns)
    this.#commit({ ...NO_CHANGE, db, coll, uuid, operationType, fields, ...more })
  }

  #commit(change: LogChange): void {
    if (this.#transaction === null) this.#oplog.append([change])
    else this.#transaction.push(change)
  }
}

const NO_CHANGE = {
  fields: {},
  expanded: false,
  expandedFields: {},
  disambiguatedPaths: {},
  preImage: null,
  postImage: null,
  shard: 0,
}

/** A collection's name can contain dots, a database's cannot. */
function parts(ns: string): readonly [string, string] {
  const dot = ns.indexOf('.')
  return [ns.slice(0, dot), ns.slice(dot + 1)]
}

export function uuidOf(text: string): Binary {
  return new Binary(Buffer.from(text.replaceAll('-', ''), 'hex'), Binary.SUBTYPE_UUID)
}

function idText(document: BsonDocument): string {
  return BSON.EJSON.stringify({ _id: document['_id'] }, { relaxed: false })
}

import { viewOf } from '../../../model/byte-view.ts'
import type { TableVersion } from '../../../model/table.ts'
import { BsonFault } from '../values/bson-fault.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { stringEnd } from '../values/bson-walk.ts'
import { areAt, type ByteWords, byteWords } from '../values/byte-words.ts'
import type { DocumentWriters } from '../values/document-form.ts'
import { fieldName } from '../values/field-name.ts'
import { elementAt } from './event-fields.ts'

export interface HeartbeatCollection {
  readonly database: string
  readonly name: string
  /** Whether its changes are delivered too. They always become pulses. */
  readonly deliver: boolean
}

/** A database and a collection, as events name them. */
export interface Namespace {
  readonly database: string
  /** null: the event is about the database. */
  readonly name: string | null
  /** null: its changes are not delivered. */
  readonly table: TableVersion | null
  readonly isHeartbeat: boolean
}

export interface NamespaceOptions {
  readonly isWatched: (database: string, name: string) => boolean
  readonly heartbeat: HeartbeatCollection | null
  /** Writers of its own for each collection, whose documents mostly have the same fields. */
  readonly writers: () => DocumentWriters
}

interface Known {
  /** The bytes of the event's field `ns`. */
  readonly bytes: ByteWords
  readonly namespace: Namespace
}

const DATABASE = fieldName('db')
const COLLECTION = fieldName('coll')
/** A server with more collections than this is read with a lookup by name for some events. */
const MOST_KNOWN = 10_000

/** Finds a namespace by the bytes of the field `ns`, so that no name is made into a string for each event. */
export class NamespaceBook {
  readonly #options: NamespaceOptions
  /** By the hash of the bytes. */
  readonly #known = new Map<number, Known[]>()
  readonly #tables = new Map<string, TableVersion>()
  #size = 0
  #last: Known | null = null

  constructor(options: NamespaceOptions) {
    this.#options = options
  }

  /** The namespace in the document from `start` to `end`. */
  at(bytes: Buffer, start: number, end: number): Namespace {
    const view = viewOf(bytes)
    if (this.#last !== null && isSame(this.#last, bytes, view, start, end)) return this.#last.namespace
    const hash = hashOf(bytes, start, end)
    const found = this.#known.get(hash)?.find((known) => isSame(known, bytes, view, start, end))
    const known = found ?? this.#add(hash, bytes, start, end)
    this.#last = known
    return known.namespace
  }

  #add(hash: number, bytes: Buffer, start: number, end: number): Known {
    const { database, name } = namesAt(bytes, start, end)
    const known = { bytes: byteWords(bytes.subarray(start, end)), namespace: this.#namespace(database, name) }
    if (this.#size++ >= MOST_KNOWN) {
      this.#known.clear()
      this.#size = 1
    }
    const others = this.#known.get(hash)
    if (others === undefined) this.#known.set(hash, [known])
    else others.push(known)
    return known
  }

  #namespace(database: string, name: string | null): Namespace {
    const { heartbeat, isWatched } = this.#options
    if (name === null) return { database, name, table: null, isHeartbeat: false }
    const isHeartbeat = heartbeat !== null && heartbeat.database === database && heartbeat.name === name
    const isDelivered = isHeartbeat ? heartbeat.deliver : isWatched(database, name)
    return { database, name, isHeartbeat, table: isDelivered ? this.#table(database, name) : null }
  }

  /** One object for each collection, for which an encoder is compiled. */
  #table(database: string, name: string): TableVersion {
    const full = `${database}.${name}`
    const known = this.#tables.get(full)
    if (known !== undefined) return known
    const { document, key, updateDescription } = this.#options.writers()
    const columns = [{ name: 'id', type: '_id', key: true, write: key }]
    const table: TableVersion = { database, schema: null, name, columns, document, updateDescription }
    this.#tables.set(full, table)
    return table
  }
}

/** The names in the document from `start` to `end`. */
export function namesAt(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly database: string; readonly name: string | null } {
  const database = textIn(bytes, start, end, DATABASE)
  if (database === null) throw new BsonFault(start, 'a namespace without a database')
  return { database, name: textIn(bytes, start, end, COLLECTION) }
}

function textIn(bytes: Buffer, start: number, end: number, name: Uint8Array): string | null {
  const at = elementAt(bytes, start, end, name)
  if (at < 0) return null
  if (bytes[at] !== BSON_TYPE.STRING) throw new BsonFault(at, 'a namespace whose name is not a string')
  const value = at + name.length + 2
  return bytes.toString('utf8', value + 4, stringEnd(bytes, value, end))
}

function isSame({ bytes: known }: Known, bytes: Buffer, view: DataView, start: number, end: number): boolean {
  return known.bytes.length === end - start && areAt(known, bytes, view, start, end)
}

/** FNV-1a. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return hash
}

import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import type { Fix } from '../../../model/fix.ts'
import type { TableName } from '../../../model/table.ts'
import { checkedPattern } from '../../table-pattern.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { grantRole } from '../connect/grant.ts'
import { textOf } from '../connect/reply.ts'
import { SYSTEM_DATABASES, SYSTEM_PREFIX, watchedCollections } from '../tables/watched-collections.ts'

/** The collections whose changes are delivered, as far as they exist now. */
export async function watchedNow(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  const isWatched = watchedCollections(config)
  const { found } = await readCollections(connection, config, signal)
  return found.filter(({ database, name }) => isWatched(database, name))
}

/** The collections that the user may see, sorted. */
export interface CollectionSight {
  readonly found: readonly TableName[]
  /** The databases that can have more collections than those. */
  readonly hidden: readonly string[]
  /** Entries of `tables` in these databases, each of one collection that does not exist: the user could see it. */
  readonly missing: readonly string[]
}

/** Views and system collections have no changes of their own, so they are left out. */
export async function readCollections(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<CollectionSight> {
  const listed = (await listDatabases(connection, signal)) ?? []
  // Those that the user has no role in are not listed, or do not exist.
  const databases = new Set([...listed, ...databasesIn(config)].filter((name) => !SYSTEM_DATABASES.includes(name)))
  const found: TableName[] = []
  const hidden: string[] = []
  const missing: string[] = []
  for (const database of [...databases].toSorted(compareText)) {
    const seen = await collectionsOf(connection, database, signal)
    found.push(...seen.names)
    if (seen.are === 'all') continue
    hidden.push(database)
    if (seen.are === 'readable')
      missing.push(...(await missingEntries(connection, config, { database, ...seen }, signal)))
  }
  return { found, hidden, missing }
}

/** What would show the collections of an entry of `tables`; null: the user sees all that it can match. */
export function hiddenEntries(
  config: MongodbConfig,
  { hidden, missing }: CollectionSight,
): (entry: string) => Fix | null {
  return (entry) => {
    if (missing.includes(entry)) return null
    const [first, second] = checkedPattern(entry).parts
    const named = second === undefined || first?.length !== 1 ? null : first[0]
    const database = named === null ? hidden[0] : hidden.find((each) => each === named)
    return database === undefined ? null : grantRole(config, { role: 'read', db: database })
  }
}

/** null: the user may not list databases. mongod lists those that it may see, without a privilege. */
async function listDatabases(connection: MongodbConnection, signal: AbortSignal): Promise<readonly string[] | null> {
  const list = { listDatabases: 1, nameOnly: true, authorizedDatabases: true }
  return await unlessDenied(async () => {
    const { databases } = await connection.command('admin', list, { signal })
    const names: readonly { readonly name?: unknown }[] = databases ?? []
    return names.map(({ name }) => textOf(name)).filter((name) => name !== null)
  }, null)
}

/** The databases that `tables` names. */
function databasesIn({ tables, heartbeat }: MongodbConfig): readonly string[] {
  const parts = tables.map(checkedPattern).map(({ parts }) => (parts.length === 2 ? parts[0] : undefined))
  const named = parts.flatMap((part) => (part?.length === 1 ? (part[0] ?? []) : []))
  return [...new Set([...named, heartbeat.source.schema])]
}

/** `readable`: those that the user has a privilege on. `unknown`: the user may list none. */
interface Listed {
  readonly names: readonly TableName[]
  readonly are: 'all' | 'readable' | 'unknown'
}

/**
 * The entries of `tables` that name one collection which is not listed, although the user may read it. mongod lists to a user without
 * listCollections each collection that the user has a privilege on, if it exists.
 */
async function missingEntries(
  connection: MongodbConnection,
  { tables }: MongodbConfig,
  { database, names }: Pick<Listed, 'names'> & { readonly database: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const missing: string[] = []
  for (const entry of tables) {
    const [first, second] = checkedPattern(entry).parts
    const name = first?.length === 1 && first[0] === database && second?.length === 1 ? (second[0] ?? null) : null
    if (name === null || names.some((each) => each.name === name)) continue
    if (await mayRead(connection, { database, name }, signal)) missing.push(entry)
  }
  return missing
}

/** A collection that does not exist can be read like an empty one. */
async function mayRead(
  connection: MongodbConnection,
  { database, name }: Pick<TableName, 'name'> & { readonly database: string },
  signal: AbortSignal,
): Promise<boolean> {
  const find = { find: name, projection: { _id: 1 }, limit: 1, singleBatch: true }
  return await unlessDenied(async () => {
    await connection.command(database, find, { signal })
    return true
  }, false)
}

async function collectionsOf(connection: MongodbConnection, database: string, signal: AbortSignal): Promise<Listed> {
  const all = await listIfAllowed(connection, database, {}, signal)
  if (all !== null) return { names: all, are: 'all' }
  const own = await listIfAllowed(connection, database, { authorizedCollections: true }, signal)
  return own === null ? { names: [], are: 'unknown' } : { names: own, are: 'readable' }
}

/** null: the user lacks the privilege listCollections. */
async function listIfAllowed(
  connection: MongodbConnection,
  database: string,
  options: Document,
  signal: AbortSignal,
): Promise<readonly TableName[] | null> {
  return await unlessDenied(() => list(connection, database, options, signal), null)
}

async function unlessDenied<T>(ask: () => Promise<T>, denied: T): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return denied
    throw error
  }
}

async function list(
  connection: MongodbConnection,
  database: string,
  options: Document,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  const names: string[] = []
  const first = { listCollections: 1, nameOnly: true, ...options, cursor: {} }
  let { cursor } = await connection.command(database, first, { signal })
  for (let batch = cursor.firstBatch; ; batch = cursor.nextBatch) {
    for (const { name, type } of batch) if (type !== 'view' && typeof name === 'string') names.push(name)
    if (Number(cursor.id) === 0) break
    const more = { getMore: cursor.id, collection: '$cmd.listCollections' }
    ;({ cursor } = await connection.command(database, more, { signal }))
  }
  return names
    .filter((name) => !name.startsWith(SYSTEM_PREFIX))
    .toSorted(compareText)
    .map((name) => ({ database, schema: null, name }))
}

function compareText(a: string, b: string): number {
  return Number(a > b) - Number(a < b)
}

import { OffbeatError } from '../../../model/error.ts'
import type { TableName } from '../../../model/table.ts'
import { checkedPattern } from '../../table-pattern.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { textOf } from '../connect/reply.ts'
import { SYSTEM_DATABASES, SYSTEM_PREFIX, watchedCollections } from '../tables/watched-collections.ts'

/** The collections whose changes are delivered, as far as they exist now. */
export async function watchedNow(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  const isWatched = watchedCollections(config)
  const all = await readCollections(connection, config, signal)
  return all.filter(({ database, name }) => isWatched(database, name))
}

/** The collections that the user may see, sorted. Views and system collections have no changes of their own. */
export async function readCollections(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  const databases = (await listDatabases(connection, signal)) ?? databasesIn(config)
  const found: TableName[] = []
  for (const database of databases.filter((name) => !SYSTEM_DATABASES.includes(name)).toSorted(compareText))
    found.push(...(await collectionsOf(connection, database, signal)))
  return found
}

/** null: the user may not list databases. mongod lists those that it may see, without a privilege. */
async function listDatabases(connection: MongodbConnection, signal: AbortSignal): Promise<readonly string[] | null> {
  try {
    const list = { listDatabases: 1, nameOnly: true, authorizedDatabases: true }
    const { databases } = await connection.command('admin', list, { signal })
    const names: readonly { readonly name?: unknown }[] = databases ?? []
    return names.map(({ name }) => textOf(name)).filter((name) => name !== null)
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return null
    throw error
  }
}

/** The databases that `tables` names. */
function databasesIn({ tables, heartbeat }: MongodbConfig): readonly string[] {
  const parts = tables.map(checkedPattern).map(({ parts }) => (parts.length === 2 ? parts[0] : undefined))
  const named = parts.flatMap((part) => (part?.length === 1 ? (part[0] ?? []) : []))
  return [...new Set([...named, heartbeat.source.schema])]
}

async function collectionsOf(
  connection: MongodbConnection,
  database: string,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  try {
    return await list(connection, database, signal)
  } catch (error) {
    // The database may be visible through a single collection of it, or be gone by now.
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return []
    throw error
  }
}

async function list(
  connection: MongodbConnection,
  database: string,
  signal: AbortSignal,
): Promise<readonly TableName[]> {
  const names: string[] = []
  const first = { listCollections: 1, nameOnly: true, authorizedCollections: true, cursor: {} }
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

import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import type { RowFacts } from '../../heartbeat/facts.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { millisecondsOf, textOf } from '../connect/reply.ts'
import { FIRST_TEXT } from './heartbeat-collection.ts'

/** The heartbeat collection and its document, as far as the user can see them. */
export interface HeartbeatSight {
  readonly collection: 'there' | 'missing' | 'hidden' | 'view'
  /** null: the document cannot be read. */
  readonly row: RowFacts | null
}

export async function readHeartbeatSight(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<HeartbeatSight> {
  const row = await unlessDenied(() => rowOf(connection, config, signal))
  const collection = await unlessDenied(() => collectionOf(connection, config, signal))
  if (collection !== null) return { collection, row }
  // Who may read the document may see that its collection exists, if it has one.
  return { collection: row?.first === true ? 'there' : 'hidden', row }
}

async function collectionOf(
  connection: MongodbConnection,
  { heartbeat }: MongodbConfig,
  signal: AbortSignal,
): Promise<'there' | 'missing' | 'view'> {
  const { schema, table } = heartbeat.source
  const list = { listCollections: 1, filter: { name: table }, nameOnly: true, authorizedCollections: true }
  const { cursor } = await connection.command(schema, list, { signal })
  const found: Document | undefined = cursor?.firstBatch?.[0]
  if (found === undefined) return 'missing'
  return found['type'] === 'view' ? 'view' : 'there'
}

async function rowOf(
  connection: MongodbConnection,
  { heartbeat }: MongodbConfig,
  signal: AbortSignal,
): Promise<RowFacts> {
  const { schema, table } = heartbeat.source
  const find = { find: table, filter: { _id: 1 }, limit: 1, singleBatch: true }
  const { cursor } = await connection.command(schema, find, { signal })
  const found: Document | undefined = cursor?.firstBatch?.[0]
  const { localTime } = await connection.command('admin', { hello: 1 }, { signal })
  const [writtenMs, nowMs] = [millisecondsOf(found?.['last_update']), millisecondsOf(localTime)]
  const text = textOf(found?.['text'])
  return {
    first: found !== undefined,
    ageMs: writtenMs === null || nowMs === null ? null : nowMs - writtenMs,
    committedAgoMs: null,
    otherZones: false,
    isMoment: true,
    updated: text === null ? null : text !== FIRST_TEXT,
  }
}

async function unlessDenied<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return null
    throw error
  }
}

import type { ClientSession } from 'mongodb'
import type { Logger } from '../../../model/logger.ts'
import type { Position } from '../../../model/position.ts'
import { address } from '../../connect/server-target.ts'
import { type HeartbeatRow, writeHeartbeat } from '../../heartbeat/heartbeat-row.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { commandRequest } from '../connect/command-request.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { timeAfter } from '../position/cluster-time.ts'
import { streamPosition } from '../position/position.ts'
import { heartbeatNamespace } from './heartbeat-collection.ts'
import { heartbeatRefusal } from './heartbeat-refusal.ts'

export interface BeatOptions {
  readonly nonce: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly log: Logger
}

/**
 * One layer 2 heartbeat: writes the document with the nonce. Resolves with a position after the write, when a majority of the members has
 * it: a change stream shows it only then. The driver may send the write a second time if the answer is lost; the server then applies it
 * once.
 */
export async function beat(
  connection: MongodbConnection,
  config: MongodbConfig,
  { nonce, timeoutMs, signal, log }: BeatOptions,
): Promise<Position | null> {
  const session = connection.startSession({ causal: true })
  const write = (upsert: boolean) => upsertDocument(connection, config, { nonce, timeoutMs, signal, session, upsert })
  const row: HeartbeatRow = {
    words: MONGODB_DEFAULTS.words,
    table: heartbeatNamespace(config),
    location: `the server ${address(connection.target)}`,
    writer: `the user ${connection.target.user}`,
    update: async () => (await write(false)) > 0,
    insert: async () => (await write(true)) > 0,
    refusal: (error) => heartbeatRefusal(error, { connection, config, signal }),
  }
  try {
    await writeHeartbeat(row, { timeoutMs, log })
    const time = session.operationTime
    return time === undefined
      ? null
      : streamPosition({ time: timeAfter({ seconds: time.t, increment: time.i }), token: null })
  } finally {
    await session.endSession()
  }
}

/** Resolves with the number of documents that it changed or inserted. */
async function upsertDocument(
  connection: MongodbConnection,
  { heartbeat }: MongodbConfig,
  about: Omit<BeatOptions, 'log'> & { readonly session: ClientSession; readonly upsert: boolean },
): Promise<number> {
  const { schema, table } = heartbeat.source
  const { nonce, timeoutMs, signal, session, upsert } = about
  const request = commandRequest(schema, { update: table })
  return await connection.run(request, { signal, timeoutMs: timeoutMs + 500 }, async (client) => {
    const result = await client
      .db(schema)
      .collection<{ readonly _id: number; readonly text: string; readonly last_update: Date }>(table)
      .updateOne(
        { _id: 1 },
        { $set: { text: nonce }, $currentDate: { last_update: true } },
        { upsert, session, writeConcern: { w: 'majority', wtimeoutMS: timeoutMs }, maxTimeMS: timeoutMs },
      )
    return result.modifiedCount + result.upsertedCount
  })
}

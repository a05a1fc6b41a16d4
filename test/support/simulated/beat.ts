import { TABLE_WORDS } from '../../../src/model/data-words.ts'
import { OffbeatError } from '../../../src/model/error.ts'
import type { BeatRefusal, HeartbeatRow } from '../../../src/sources/heartbeat/heartbeat-row.ts'
import { grant, ROW, type SimulatedDatabase, statement, TABLE } from './database.ts'

type Refusal = BeatRefusal & { readonly found: string }

export function createTable(user: string) {
  return [TABLE, grant('WRITE', user), ROW].map(statement)
}

/** Why the row cannot be written; null: it can. */
export function refusalOf({ done }: SimulatedDatabase, user: string): Refusal | null {
  if (!done.has(TABLE))
    return { code: 'HEARTBEAT_TABLE_MISSING', found: 'there is no table heartbeat', fix: createTable(user) }
  const needed = grant('WRITE', user)
  if (done.has(needed)) return null
  return { code: 'HEARTBEAT_DENIED', found: `${user} lacks WRITE`, fix: [statement(needed)] }
}

/** The heartbeat row, for one beat. */
export function heartbeatRow(database: SimulatedDatabase, user: string, nonce: string, atMs: number): HeartbeatRow {
  function write(isInsert: boolean): boolean {
    if (refusalOf(database, user) !== null)
      throw new OffbeatError('DATABASE_ERROR', { message: 'the write was refused' })
    if (database.done.has(ROW) === isInsert) return false
    database.done.add(ROW)
    database.log.beat(nonce, atMs)
    return true
  }
  return {
    ...{ table: 'heartbeat', words: TABLE_WORDS, location: 'the simulated database' },
    writer: `the user ${user}`,
    update: async () => write(false),
    insert: async () => write(true),
    refusal: async () => refusalOf(database, user),
  }
}

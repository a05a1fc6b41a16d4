import { Timestamp } from 'mongodb'
import { isDocument, listOf } from './document-match.ts'
import { ServerError } from './server-error.ts'
import type { BsonDocument } from './wire-message.ts'

/** What an aggregate with `$changeStream` asks for. */
export interface StreamOptions {
  readonly db: string | null
  readonly coll: string | null
  readonly resume: { readonly token: string; readonly option: 'resumeAfter' | 'startAfter' } | null
  readonly startAt: bigint | null
  readonly fullDocument: string
  readonly fullDocumentBeforeChange: string
  readonly showExpandedEvents: boolean
  readonly matches: readonly BsonDocument[]
  readonly splits: boolean
}

/** null: the aggregate is no change stream. */
export function streamOptions(command: BsonDocument): StreamOptions | null {
  const [first, ...stages] = listOf(command['pipeline'])
  const spec = first?.['$changeStream']
  if (!isDocument(spec)) return null
  const db = String(command['$db'])
  const coll = typeof command['aggregate'] === 'string' ? command['aggregate'] : null
  const cluster = spec['allChangesForCluster'] === true
  if (cluster !== (db === 'admin') || (cluster && coll !== null))
    throw new ServerError(73, `$changeStream may not be opened on the internal ${db} database`)
  return {
    db: cluster ? null : db,
    coll,
    resume: resumePoint(spec),
    startAt: spec['startAtOperationTime'] instanceof Timestamp ? timeOf(spec['startAtOperationTime']) : null,
    fullDocument: String(spec['fullDocument'] ?? 'default'),
    fullDocumentBeforeChange: String(spec['fullDocumentBeforeChange'] ?? 'off'),
    showExpandedEvents: spec['showExpandedEvents'] === true,
    ...stagesOf(stages),
  }
}

/** A projection leaves the events as they are: it saves bytes, and no test of the fake is about that. */
function stagesOf(stages: readonly BsonDocument[]): Pick<StreamOptions, 'matches' | 'splits'> {
  const names = stages.flatMap((stage) => Object.keys(stage))
  const unknown = names.find((name) => !['$match', '$project', '$changeStreamSplitLargeEvent'].includes(name))
  if (unknown !== undefined) throw new ServerError(40_324, `Unrecognized pipeline stage name: '${unknown}'`)
  return {
    matches: stages.map((stage) => stage['$match']).filter(isDocument),
    splits: names.includes('$changeStreamSplitLargeEvent'),
  }
}

function resumePoint(spec: BsonDocument): StreamOptions['resume'] {
  const given = (['resumeAfter', 'startAfter'] as const).filter((option) => spec[option] !== undefined)
  if (given.length > 1 || (given.length === 1 && spec['startAtOperationTime'] !== undefined))
    throw new ServerError(40_674, 'only one of resumeAfter, startAfter and startAtOperationTime may be given')
  const [option] = given
  if (option === undefined) return null
  const token = spec[option]
  if (!isDocument(token) || typeof token['_data'] !== 'string')
    throw new ServerError(40_647, 'Bad resume token: _data of missing or of wrong type')
  return { token: token['_data'], option }
}

function timeOf(timestamp: Timestamp): bigint {
  return (BigInt(timestamp.t) << 32n) | BigInt(timestamp.i)
}

export function timestampOf(time: bigint): Timestamp {
  return new Timestamp({ t: Number(time >> 32n), i: Number(time & 0xffff_ffffn) })
}

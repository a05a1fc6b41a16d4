import { Timestamp } from 'mongodb'
import { isDocument, listOf } from './document-match.ts'
import { wireVersionOf } from './fake-version.ts'
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
  /** In their order, after the matches. */
  readonly projections: readonly BsonDocument[]
  readonly splits: boolean
}

/** From 6.0: images of documents, expanded events. */
const IMAGES_SINCE = wireVersionOf('6.0')
const SPLIT_SINCE = wireVersionOf('7.0')

/** null: the aggregate is no change stream. */
export function streamOptions(command: BsonDocument, wireVersion: number): StreamOptions | null {
  const [first, ...stages] = listOf(command['pipeline'])
  const spec = first?.['$changeStream']
  if (!isDocument(spec)) return null
  refuseNewer(spec, wireVersion)
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
    ...stagesOf(stages, wireVersion),
  }
}

/** A server refuses what only newer ones have. */
function refuseNewer(spec: BsonDocument, wireVersion: number): void {
  if (wireVersion >= IMAGES_SINCE) return
  if ('showExpandedEvents' in spec)
    throw new ServerError(40_415, "BSON field '$changeStream.showExpandedEvents' is an unknown field.")
  if (spec['fullDocument'] === 'whenAvailable' || spec['fullDocument'] === 'required')
    throw new ServerError(
      2,
      `Enumeration value '${spec['fullDocument']}' for field '$changeStream.fullDocument' is not valid`,
    )
}

function stagesOf(
  stages: readonly BsonDocument[],
  wireVersion: number,
): Pick<StreamOptions, 'matches' | 'projections' | 'splits'> {
  const names = stages.flatMap((stage) => Object.keys(stage))
  const known = ['$match', '$project', ...(wireVersion >= SPLIT_SINCE ? ['$changeStreamSplitLargeEvent'] : [])]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new ServerError(40_324, `Unrecognized pipeline stage name: '${unknown}'`)
  return {
    matches: stages.map((stage) => stage['$match']).filter(isDocument),
    projections: stages.map((stage) => stage['$project']).filter(isDocument),
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

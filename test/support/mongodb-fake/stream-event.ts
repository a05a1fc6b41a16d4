import { isDeepStrictEqual } from 'node:util'
import { BSON } from 'mongodb'
import { isDocument, matches } from './document-match.ts'
import { project } from './event-projection.ts'
import { uuidOf } from './fake-data.ts'
import { wireVersionOf } from './fake-version.ts'
import { fragmentToken, type TokenVersion, tokenText } from './key-string-token.ts'
import type { LogChange, LogEntry } from './oplog.ts'
import { ServerError } from './server-error.ts'
import { type StreamOptions, timestampOf } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

/** An event as it is sent, or one part of it. */
export interface StreamEvent {
  readonly token: string
  readonly document: BsonDocument
  /** No event follows. */
  readonly invalidates: boolean
}

export interface EventMaker {
  readonly version: TokenVersion
  readonly wireVersion: number
  readonly maxEventBytes: number
  readonly options: StreamOptions
  /** The document as it is now, for updateLookup. */
  readonly lookUp: (change: LogChange) => BsonDocument | null
}

/** The events of one change, in the stream's scope: none if it is outside, two if it invalidates the stream, parts if it is too large. */
export function eventsOf(entry: LogEntry, index: number, maker: EventMaker): readonly StreamEvent[] {
  const change = entry.changes[index]
  if (change === undefined || !isInScope(change, maker.options)) return []
  const event = {
    ...common(entry, change, maker),
    ...change.fields,
    ...description(change, maker),
    ...images(change, maker),
    ...expansion(change, maker),
  }
  const token = tokenOf(entry, change, index, maker)
  const fits = maker.options.matches.every((query) => matches({ _id: { _data: token }, ...event }, query))
  const events = fits ? sized(projected(event, token, maker), token, maker) : []
  return invalidates(change, maker.options) ? [...events, invalidateEvent(entry, change, index, maker)] : events
}

function isInScope(change: LogChange, { db, coll, showExpandedEvents }: StreamOptions): boolean {
  if (change.expanded && !showExpandedEvents) return false
  return db === null || (change.db === db && (coll === null || change.coll === coll || change.coll === null))
}

function common(entry: LogEntry, change: LogChange, { wireVersion }: EventMaker): BsonDocument {
  const ns = change.coll === null ? { db: change.db } : { db: change.db, coll: change.coll }
  return {
    operationType: change.operationType,
    clusterTime: timestampOf(entry.time),
    ...(wireVersion >= SINCE.wallTime ? { wallTime: entry.wallTime } : {}),
    ns,
  }
}

/** What came with 4.7, 6.0, 6.1 and 8.1. */
const SINCE = {
  truncatedArrays: wireVersionOf('5.0'),
  wallTime: wireVersionOf('6.0'),
  disambiguatedPaths: wireVersionOf('7.0'),
  nsType: wireVersionOf('8.2'),
}

function description({ fields, disambiguatedPaths }: LogChange, { wireVersion, options }: EventMaker): BsonDocument {
  const updated = fields['updateDescription']
  if (!isDocument(updated)) return {}
  const { truncatedArrays, ...others } = updated
  const isClear = options.showExpandedEvents && wireVersion >= SINCE.disambiguatedPaths
  return {
    updateDescription: {
      ...others,
      ...(wireVersion >= SINCE.truncatedArrays ? { truncatedArrays } : {}),
      ...(isClear ? { disambiguatedPaths } : {}),
    },
  }
}

/** What only a stream with expanded events reports. */
function expansion({ coll, uuid, expandedFields }: LogChange, { wireVersion, options }: EventMaker): BsonDocument {
  if (!options.showExpandedEvents) return {}
  const { nsType, ...others } = expandedFields
  return {
    ...(coll === null ? {} : { collectionUUID: uuidOf(uuid) }),
    ...others,
    ...(nsType !== undefined && wireVersion >= SINCE.nsType ? { nsType } : {}),
  }
}

/** The token has to stay: a stream without it could not be resumed. */
function projected(event: BsonDocument, token: string, { options }: EventMaker): BsonDocument {
  if (options.projections.length === 0) return event
  const id = { _data: token }
  const { _id, ...left } = options.projections.reduce(project, { _id: id, ...event })
  if (isDeepStrictEqual(_id, id)) return left
  throw new ServerError(
    280,
    'Encountered an event whose _id field, which contains the resume token, was modified by the pipeline.',
  )
}

const WITH_POST_IMAGE = new Set(['update'])
const WITH_PRE_IMAGE = new Set(['update', 'replace', 'delete'])

function images(change: LogChange, { options, lookUp }: EventMaker): BsonDocument {
  const post = WITH_POST_IMAGE.has(change.operationType) ? postImage(change, options.fullDocument, lookUp) : undefined
  const pre = WITH_PRE_IMAGE.has(change.operationType)
    ? kept(change.preImage, options.fullDocumentBeforeChange, 'a pre-image')
    : undefined
  return {
    ...(post === undefined ? {} : { fullDocument: post }),
    ...(pre === undefined ? {} : { fullDocumentBeforeChange: pre }),
  }
}

function postImage(change: LogChange, mode: string, lookUp: EventMaker['lookUp']): BsonDocument | null | undefined {
  return mode === 'updateLookup' ? lookUp(change) : kept(change.postImage, mode, 'a post-image')
}

function kept(image: BsonDocument | null, mode: string, title: string): BsonDocument | null | undefined {
  if (mode !== 'required' && mode !== 'whenAvailable') return undefined
  if (image === null && mode === 'required')
    throw new ServerError(47, `Change stream was configured to require ${title}, but it was not found`)
  return image
}

function tokenOf(entry: LogEntry, change: LogChange, index: number, maker: EventMaker): string {
  const { operationType, uuid, fields } = change
  const documentKey = Object.fromEntries(Object.entries(Object(fields['documentKey'] ?? {})))
  // Each shard counts its own operations.
  const own = entry.changes.slice(0, index).filter(({ shard }) => shard === change.shard).length
  return tokenText({
    version: maker.version,
    time: entry.time,
    event: { index: own, operationType, uuid, documentKey },
  })
}

/** Events over the limit are split by their fields where the stream asks for it, and end the stream where it does not. */
function sized(event: BsonDocument, token: string, maker: EventMaker): readonly StreamEvent[] {
  const bytes = BSON.calculateObjectSize(event)
  if (bytes <= maker.maxEventBytes)
    return [{ token, document: { _id: { _data: token }, ...event }, invalidates: false }]
  if (!maker.options.splits)
    throw new ServerError(
      10_334,
      `BSONObj size: ${bytes} is invalid. Size must be between 0 and ${maker.maxEventBytes}(16MB) First element: _id`,
    )
  const parts = fieldsByPart(event, maker.maxEventBytes)
  return parts.map((part, at) => {
    const own = fragmentToken(token, at + 1)
    const splitEvent = { fragment: at + 1, of: parts.length }
    return { token: own, document: { _id: { _data: own }, splitEvent, ...part }, invalidates: false }
  })
}

function fieldsByPart(event: BsonDocument, maxBytes: number): readonly BsonDocument[] {
  const parts: BsonDocument[] = []
  for (const [name, value] of Object.entries(event)) {
    const last = parts.at(-1)
    const joined = { ...last, [name]: value }
    if (last !== undefined && BSON.calculateObjectSize(joined) <= maxBytes) parts[parts.length - 1] = joined
    else parts.push({ [name]: value })
  }
  return parts
}

function invalidates({ operationType }: LogChange, { db, coll }: StreamOptions): boolean {
  if (db === null) return false
  return operationType === 'dropDatabase' || (coll !== null && (operationType === 'drop' || operationType === 'rename'))
}

function invalidateEvent(entry: LogEntry, change: LogChange, index: number, maker: EventMaker): StreamEvent {
  const token = tokenOf(entry, { ...change, operationType: 'invalidate' }, index, maker)
  const { ns: _, ...times } = common(entry, change, maker)
  const document = { _id: { _data: token }, ...times, operationType: 'invalidate' }
  return { token, document, invalidates: true }
}

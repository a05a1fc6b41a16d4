import type { BSON, Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { atLeast, type ServerFacts } from '../connect/server-facts.ts'
import type { ClusterTime } from '../position/cluster-time.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { streamFilter } from '../tables/stream-filter.ts'
import { type StreamScope, streamScope } from '../tables/stream-scope.ts'
import { tokenDocument } from './token-document.ts'

/** Where a change stream begins. */
export type StreamStart =
  /** With the first event at this time, or with the first after `after` at this time. */
  | { readonly by: 'time'; readonly time: ClusterTime; readonly after: ResumeToken | null }
  /** `startAfter` also goes on after the event that invalidates a stream. */
  | { readonly by: 'resumeAfter' | 'startAfter'; readonly token: ResumeToken }

/** What a stream is asked for. */
export interface StreamRequest {
  readonly start: StreamStart
  readonly scope: StreamScope
  /** null: all events of the scope. */
  readonly filter: Document | null
}

/** The stream of the configuration. */
export function watchedRequest(config: MongodbConfig, start: StreamStart): StreamRequest {
  const scope = streamScope(config)
  return { start, scope, filter: streamFilter(config, scope) }
}

export interface StreamCommand {
  readonly database: string
  readonly command: Document
}

/** The command that opens the stream. The empty first batch makes the server answer before it searches. */
export async function streamCommand(
  { start, scope, filter }: StreamRequest,
  config: MongodbConfig,
  { facts }: Pick<MongodbConnection, 'facts'>,
): Promise<StreamCommand> {
  const { BSON: bson } = await import('mongodb')
  const pipeline: Document[] = [
    { $changeStream: { ...coverage(scope), ...images(config, facts), ...beginning(bson, start) } },
    ...(filter === null ? [] : [{ $match: filter }]),
    // The text order of these tokens is the order of the log.
    ...(start.by === 'time' && start.after !== null ? [{ $match: { '_id._data': { $gt: start.after.text } } }] : []),
    ...(splitsLargeEvents(facts) ? [{ $changeStreamSplitLargeEvent: {} }] : []),
  ]
  return {
    database: scope.covers === 'cluster' ? 'admin' : scope.database,
    command: {
      aggregate: scope.covers === 'collection' ? scope.name : 1,
      pipeline,
      cursor: { batchSize: 0 },
      readConcern: { level: 'majority' },
    },
  }
}

function coverage(scope: StreamScope): Document {
  return scope.covers === 'cluster' ? { allChangesForCluster: true } : {}
}

function beginning(bson: typeof BSON, start: StreamStart): Document {
  if (start.by !== 'time') return { [start.by]: tokenDocument(bson, start.token) }
  const { seconds, increment } = start.time
  return { startAtOperationTime: new bson.Timestamp({ t: seconds, i: increment }) }
}

const IMAGES_SINCE = [6, 0] as const

function images({ fullDocument, fullDocumentBeforeChange }: MongodbConfig, facts: ServerFacts): Document {
  const isNew = atLeast(facts, IMAGES_SINCE)
  if (!isNew) {
    if (fullDocument === 'whenAvailable' || fullDocument === 'required')
      throw tooOld('fullDocument', fullDocument, facts)
    if (fullDocumentBeforeChange !== 'off') throw tooOld('fullDocumentBeforeChange', fullDocumentBeforeChange, facts)
  }
  return {
    ...(fullDocument === 'delta' ? {} : { fullDocument }),
    ...(fullDocumentBeforeChange === 'off' ? {} : { fullDocumentBeforeChange }),
    ...(isNew ? { showExpandedEvents: true } : {}),
  }
}

function tooOld(key: string, value: string, { version }: ServerFacts): OffbeatError {
  return new OffbeatError('DATABASE_VERSION', {
    message: `the server cannot do what \`${key}: ${value}\` asks for: it stores no images of documents`,
    found: `MongoDB ${version}`,
    expected: `MongoDB ${IMAGES_SINCE.join('.')} or newer, or another value of \`${key}\``,
  })
}

/** The stage came with 7.0, and was then added to 6.0.9. */
function splitsLargeEvents(facts: ServerFacts): boolean {
  if (atLeast(facts, [6, 1])) return atLeast(facts, [7, 0])
  const [, patch] = /^6\.0\.(\d+)/.exec(facts.version) ?? []
  return Number(patch ?? 0) >= 9
}

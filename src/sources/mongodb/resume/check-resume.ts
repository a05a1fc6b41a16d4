import type { OffbeatError } from '../../../model/error.ts'
import { query } from '../../../model/fix.ts'
import type { Resume } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import { refusedResume } from '../../loss.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { watchedRequest } from '../read/stream-request.ts'
import { passEvent } from './passed-event.ts'
import { oplogLost, tokenInvalid, tokenLost } from './position-lost.ts'
import { readServerState, refusalOf, type ServerState } from './server-state.ts'
import { startOf } from './stream-start.ts'
import { type EmptyTo, isOpened, tryStream } from './trial-stream.ts'

export interface ResumeInput {
  readonly config: MongodbConfig
  readonly source: string
  readonly offset: Offset
}

export interface CheckedResume {
  readonly resume: Resume
  /** Of the stream from the offset. */
  readonly emptyTo: EmptyTo
}

/**
 * Whether the stream can be opened at the offset now: a second stream is opened there, asked once and closed. Rejects with a transient
 * error if the check itself fails.
 */
export async function checkResume(
  connection: MongodbConnection,
  input: ResumeInput,
  signal: AbortSignal,
): Promise<CheckedResume> {
  const { config, source, offset } = input
  const state = await readServerState(connection, signal)
  const refusal = refusalOf(source, offset, state)
  if (refusal !== null) return { resume: refusedResume(refusal, false), emptyTo: null }
  const answer = await tryStream(connection, config, watchedRequest(config, startOf(offset)), signal)
  if (isOpened(answer)) {
    const why = 'a second stream was opened at the offset, and answered'
    return { resume: { can: 'yes', as: 'same server', why }, emptyTo: answer.emptyTo }
  }
  if (answer === 'searching') {
    const oldest = 'db.getSiblingDB("local").oplog.rs.find().sort({ $natural: 1 }).limit(1)'
    const where = connection.facts.role === 'mongos' ? ' of each shard' : ''
    const fix = query(oldest, `a user with the role read on local${where}`)
    return { resume: { can: 'unknown', fix }, emptyTo: null }
  }
  const decided = await decide(connection, { ...input, error: answer, state }, signal)
  const resume: Resume =
    'proof' in decided ? { can: 'yes', as: 'same server', why: decided.proof } : refusedResume(decided.error, false)
  return { resume, emptyTo: null }
}

/** How to continue although the server refused the token, or the error that explains it. */
export async function decide(
  connection: MongodbConnection,
  { config, source, offset, error, state }: ResumeInput & { readonly error: OffbeatError; readonly state: ServerState },
  signal: AbortSignal,
) {
  const lost = { source, offset, ...state }
  switch (error.code) {
    case 'MONGODB_OPLOG_LOST':
      return { error: oplogLost(lost, error.found ?? error.code) }
    case 'MONGODB_TOKEN_LOST':
      return (
        (await passEvent(connection, { config, offset, oplog: state.oplog }, signal)) ?? {
          error: tokenLost(lost, error.found ?? error.code),
        }
      )
    case 'MONGODB_TOKEN_INVALID':
      return { error: tokenInvalid(lost, error) }
    default:
      return { error }
  }
}

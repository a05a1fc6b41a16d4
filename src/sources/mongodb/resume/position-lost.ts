import { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { timeInWords } from '../../../model/figures.ts'
import { forPerson, inDatabase, inShell } from '../../../model/fix.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { Choice, Loss } from '../../../model/loss.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import { type LostOffset, lossOf, lostError, RUN, rightServer, startAgain } from '../../loss.ts'
import { MONGODB_DEFAULTS } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import type { Oplog } from '../inspect/oplog.ts'
import { minimumRetention } from '../inspect/raise-limit.ts'
import { type ClusterTime, timeText } from '../position/cluster-time.ts'
import { MONGODB_POSITIONS, pointOf } from '../position/position.ts'

/** What is known about an offset that cannot be continued from, and about the server. */
export interface LostInput {
  readonly source: string
  readonly offset: Offset
  readonly identity: ServerIdentity
  /** null: the user cannot read it, or it is a router. */
  readonly oplog: Oplog | null
  readonly atMs: number
}

export function oplogLost(input: LostInput, found: string): OffbeatError {
  const { oplog } = input
  const words = oplog === null ? found : `${found}; ${reach(oplog)}`
  const message = 'the oplog no longer reaches back to the stored offset'
  const first = oplog === null ? null : oplog.first.time
  const choices = [...fromFirstEntry(input, first), startAgain(lostOffset(input), { after: longerOplog() })]
  return lost('MONGODB_OPLOG_LOST', input, { message, found: words, until: first, choices })
}

/** The log is there, and does not have the event of the token. */
export function tokenLost(input: LostInput, found: string): OffbeatError {
  const { time } = pointOf(input.offset.position)
  const message = 'the server does not find the event of the resume token of the stored offset'
  const choices: readonly Choice[] = [
    {
      what: 'Continue from the time of the token',
      cost: 'nothing is lost if this is the log that the offset comes from; the events of exactly that time are delivered a second time',
      run: [inShell(`offbeat offsets set ${input.source} ${timeText(time)}`), RUN],
    },
    startAgain(lostOffset(input), {}),
  ]
  return lost('MONGODB_TOKEN_LOST', input, { message, found, until: null, choices })
}

export function otherServer(input: LostInput): OffbeatError {
  const stored = identityText(input.offset.server ?? {})
  const now = identityText(input.identity)
  const message = `this is not the deployment that the stored offset of ${input.source} comes from`
  const choices = [
    rightServer(input, 'Connect to the replica set or cluster that the offset comes from'),
    startAgain(lostOffset(input), {}),
  ]
  const found = `${now}; the offset comes from ${stored}`
  return lost('DATABASE_OTHER_SERVER', input, { message, found, until: null, choices })
}

export function beyondLog(input: LostInput, head: ClusterTime): OffbeatError {
  const message = `the stored offset of ${input.source} is beyond the end of the oplog of the primary`
  const choices = [
    rightServer(input, 'Connect to the replica set that the offset comes from'),
    startAgain(lostOffset(input), {}),
  ]
  const found = `the oplog ends at ${shown(head)}, so the set was restored to an earlier state, or is another one`
  return lost('OFFSET_BEYOND_LOG', input, { message, found, until: null, choices })
}

/** Not a lost position: the log may be there, and a time can be continued from. */
export function tokenInvalid(
  { source, offset }: Pick<LostInput, 'source' | 'offset'>,
  error: OffbeatError,
): OffbeatError {
  const { time } = pointOf(offset.position)
  return new OffbeatError('MONGODB_TOKEN_INVALID', {
    message: `the server does not accept the resume token of the stored offset of ${source}`,
    found: error.found ?? error.code,
    expected: `a token that this kind of server gave, not ${MONGODB_POSITIONS.short(offset.position)}`,
    fix: [
      forPerson(
        'connect to the server that gave the token, or continue from its time, whose events then come a second time:',
      ),
      inShell(`offbeat offsets set ${source} ${timeText(time)}`),
    ],
    details: error.details,
    cause: error,
  })
}

function fromFirstEntry(input: LostInput, first: ClusterTime | null): readonly Choice[] {
  if (first === null) return []
  const { time } = pointOf(input.offset.position)
  return [
    {
      what: 'Continue at the first entry of the oplog',
      cost: `what was written after ${shown(time)} and before ${shown(first)} is never delivered. On a busy server the first entry will have moved on by the time this is pasted: if it is refused, give a later time, also as a date such as 2026-01-31T10:00:00Z`,
      run: [inShell(`offbeat offsets set ${input.source} ${timeText(first)}`), RUN],
    },
  ]
}

function longerOplog() {
  const note = 'on each member, from MongoDB 4.4 on; `size`, a Double too, sets the megabytes'
  return [inDatabase(minimumRetention(), ADMINISTRATOR, { note })]
}

interface About {
  readonly message: string
  readonly found: string
  readonly until: ClusterTime | null
  readonly choices: readonly Choice[]
}

function lost(code: ErrorCode, input: LostInput, { message, found, until, choices }: About): OffbeatError {
  const { oplog, identity, atMs } = input
  const offset = lostOffset(input)
  const { time } = pointOf(input.offset.position)
  const evidence = [
    ...Object.entries(identity).map(([name, value]) => ({ name, value })),
    { name: 'time of the offset', value: shown(time) },
    ...(oplog === null ? [] : [{ name: 'oplog', value: reach(oplog) }]),
  ]
  const head = oplog === null ? 'an unknown time (the oplog cannot be read)' : shown(oplog.last.time)
  const loss: Loss = lossOf(
    offset,
    { head, atMs, bytes: null, evidence },
    { choices, missing: until === null ? {} : { until: timeText(until) } },
  )
  const details: JsonObject = { time: timeText(time), ...identity, ...oplogDetails(oplog) }
  return lostError(code, { message, found, expected: `a log that has ${offset.short}`, details }, loss)
}

function oplogDetails(oplog: Oplog | null): JsonObject {
  if (oplog === null) return {}
  return { firstEntry: timeText(oplog.first.time), lastEntry: timeText(oplog.last.time) }
}

function reach({ first, last }: Oplog): string {
  const window = timeInWords(Math.max(0, last.wallMs - first.wallMs))
  return `its first entry is of ${shown(first.time)}, its last of ${shown(last.time)} (${window})`
}

function shown(time: ClusterTime): string {
  return `${new Date(time.seconds * 1000).toISOString().replace('.000', '')} (${timeText(time)})`
}

function identityText(identity: ServerIdentity): string {
  const { replicaSet, replicaSetId, clusterId } = identity
  if (replicaSet !== undefined)
    return `the replica set ${replicaSet}${replicaSetId === undefined ? '' : ` with the id ${replicaSetId}`}`
  return `a sharded cluster${clusterId === undefined ? '' : ` with the id ${clusterId}`}`
}

function lostOffset({ source, offset }: Pick<LostInput, 'source' | 'offset'>): LostOffset {
  return {
    source,
    position: MONGODB_POSITIONS.text(offset.position),
    short: MONGODB_POSITIONS.short(offset.position),
    moved: offset.moved,
    timeMs: pointOf(offset.position).time.seconds * 1000,
    words: MONGODB_DEFAULTS.words,
  }
}

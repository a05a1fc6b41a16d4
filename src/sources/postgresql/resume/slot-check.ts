import { type ErrorDetails, OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { alternative, type Fix, forPerson, inDatabase, inFile, inShell, query } from '../../../model/fix.ts'
import { lossFix } from '../../../model/loss.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import type { PostgresqlConfig } from '../config.ts'
import { REPLICATION, SUPERUSER } from '../connect/fix-runner.ts'
import { alterSlot } from '../connect/psql-command.ts'
import { type ServerFacts, type SlotFacts, slotDetails, tooOld } from '../inspect/server-facts.ts'
import { setForServer } from '../inspect/setting-place.ts'
import { LSN_POSITIONS } from '../position.ts'
import { createPublication } from '../tables/publication-creation.ts'
import {
  bytesBetween,
  copiedSlot,
  dropSlot,
  fromSlot,
  type LossAbout,
  type LostPlace,
  lossOf,
  otherSlot,
  rightServer,
  startAnew,
  startElsewhere,
} from './loss.ts'
import { temporarySlot } from './slot-in-use.ts'
import { invalidation } from './slot-invalidation.ts'
import type { TimelineHistory } from './timeline.ts'

/** What the checks look at. Pure: gathering is done before. */
export interface CheckInput {
  readonly source: string
  readonly config: Pick<PostgresqlConfig, 'slot' | 'publication' | 'connection' | 'tables' | 'exclude' | 'heartbeat'>
  readonly facts: ServerFacts
  readonly offset: Offset | null
  /** The history of the server's timeline, where it is a later one than the offset's. */
  readonly history: TimelineHistory | null
}

export type Finding =
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | { readonly can: 'no'; readonly error: OffbeatError }

type Check = (input: CheckInput) => OffbeatError | null

/** In the order in which somebody would have to mend them. */
const SERVER_CHECKS: readonly Check[] = [checkVersion, checkStandby, checkWalLevel, checkPublication]
const PLACE_CHECKS: readonly Check[] = [
  checkIdentity,
  checkSlotThere,
  checkSlotKind,
  checkInvalidated,
  checkAhead,
  checkHead,
]

/** Whether the stored offset can be opened on this server now, exactly. */
export function checkResume(input: CheckInput): Finding {
  for (const check of [...SERVER_CHECKS, ...PLACE_CHECKS]) {
    const error = check(input)
    if (error !== null) return { can: 'no', error: unlessFallback(error, input) }
  }
  const { offset, facts, history } = input
  if (offset === null) return { can: 'yes', as: 'same server', why: 'no offset is stored yet' }
  if (history !== null) return { can: 'yes', as: 'promoted', why: whyPromoted(offset, facts, history) }
  const server = offset.server === null ? 'the offset names no server' : 'same system identifier and timeline'
  return { can: 'yes', as: 'same server', why: `${server}; the slot has not passed the offset` }
}

/** All that is wrong with the server and the publication at once, for the doctor. */
export function serverErrors(input: CheckInput): readonly OffbeatError[] {
  return SERVER_CHECKS.flatMap((check) => check(input) ?? [])
}

/** Whether a new place may be made: the server is fit, and nobody's slot stands there. */
export function checkFresh(input: CheckInput): OffbeatError | null {
  for (const check of [...SERVER_CHECKS, checkSlotKind, checkNotOurs]) {
    const error = check(input)
    if (error !== null) return unlessFallback(error, input)
  }
  return null
}

/** What may be so on a standby, and otherwise on its primary. */
const STANDBYS_OWN: readonly ErrorCode[] = ['POSTGRES_STANDBY', 'POSTGRES_WAL_LEVEL', 'POSTGRES_SLOT_MISSING']

/** With several hosts a standby is only asked while the primary does not answer: what it lacks is no finding about the primary. */
function unlessFallback(error: OffbeatError, input: CheckInput): OffbeatError {
  const { hosts } = input.config.connection
  if (!input.facts.standby || hosts.length === 1 || !STANDBYS_OWN.includes(error.code)) return error
  return new OffbeatError('POSTGRES_ONLY_STANDBY', {
    message: `of the ${hosts.length} hosts only a standby answers, and it cannot be read: ${error.message}`,
    found: `${error.code}: ${error.found ?? 'on the standby'}`,
    expected: 'a primary among the hosts that accepts the connection',
    fix: [
      forPerson('make the primary reachable'),
      alternative('if the primary will not come back, promote the standby'),
      inDatabase('SELECT pg_promote()', SUPERUSER),
    ],
    details: error.details,
  })
}

/** Whether the slot that stands there can be read by us. */
export function checkTakeOver(input: CheckInput): OffbeatError | null {
  return checkVersion(input) ?? checkSlotKind(input) ?? checkInvalidated(input)
}

function whyPromoted(offset: Offset, facts: ServerFacts, history: TimelineHistory): string {
  const from = Number(offset.server?.['timeline'])
  const switchedAt = history.switchedAt.get(from) ?? '?'
  return `promoted: timeline ${from} became ${facts.timeline} of the same system, and the offset ${offset.position} is at or before the switch at ${switchedAt}`
}

function where(input: CheckInput): string {
  return input.config.connection.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
}

function checkVersion({ facts }: CheckInput): OffbeatError | null {
  return tooOld(facts.version)
}

function checkStandby({ facts }: CheckInput): OffbeatError | null {
  if (!facts.standby || facts.version >= 160000) return null
  return new OffbeatError('POSTGRES_STANDBY', {
    message: 'the server is a standby, and one of its version cannot decode its log',
    found: `a standby of version ${Math.floor(facts.version / 10000)}`,
    expected: 'the primary, or a standby of version 16 or newer',
  })
}

function checkWalLevel(input: CheckInput): OffbeatError | null {
  const { walLevel, canDecode, standby, version } = input.facts
  if (canDecode) return null
  const atPrimary = standby && version >= 190000
  return new OffbeatError('POSTGRES_WAL_LEVEL', {
    message: `the server ${where(input)} does not log enough to read changes from`,
    found: `wal_level = ${walLevel}`,
    expected: 'wal_level = logical',
    fix: atPrimary
      ? [inDatabase('ALTER SYSTEM SET wal_level = logical', SUPERUSER, { note: 'on the primary, then restart it' })]
      : [setForServer(input.facts, 'wal_level', 'logical'), forPerson('restart the server')],
    details: { walLevel },
  })
}

export function checkPublication({ config, facts }: Pick<CheckInput, 'config' | 'facts'>): OffbeatError | null {
  if (facts.publication !== null) return null
  return new OffbeatError('POSTGRES_PUBLICATION_MISSING', {
    message: `the database ${facts.database} has no publication ${config.publication}`,
    found: 'no such row in pg_publication',
    expected: 'a publication of the watched tables and of the heartbeat table',
    fix: [inDatabase(createPublication(config, facts.candidates), SUPERUSER, { at: facts.database })],
    details: { publication: config.publication },
  })
}

/** An error whose fix is the choices. Without an offset there is no place to lose, and so nothing to choose. */
export function lost(
  code: ErrorCode,
  input: CheckInput,
  about: Omit<ErrorDetails, 'fix' | 'loss'>,
  lossAbout: (place: LostPlace) => LossAbout,
): OffbeatError {
  const { offset, facts } = input
  const place = offset === null ? null : { ...input, offset }
  const loss = place === null ? null : lossOf(place, lossAbout(place))
  return new OffbeatError(code, {
    ...about,
    ...(loss === null ? { fix: [dropSlot(input)] } : { loss, fix: lossFix(loss) }),
    details: {
      ...(facts.slot === null ? {} : slotDetails(facts.slot)),
      offset: offset?.position.toString() ?? null,
      head: String(facts.head),
      missingFrom: offset?.position.toString() ?? null,
      offsetStoredAt: offset === null ? null : new Date(offset.moved.atMs).toISOString(),
      ...about.details,
    },
  })
}

function checkIdentity(input: CheckInput): OffbeatError | null {
  const ours = input.offset?.server ?? null
  if (ours === null) return null
  const { facts } = input
  if (ours['systemIdentifier'] !== facts.systemIdentifier) {
    const expected = ours['systemIdentifier'] ?? 'unknown'
    return lost(
      'DATABASE_OTHER_SERVER',
      input,
      {
        message: `the server ${where(input)} is not the server that the offset of ${input.source} comes from`,
        found: `system identifier ${facts.systemIdentifier}`,
        expected: `system identifier ${expected}`,
        details: { found: facts.systemIdentifier, expected },
      },
      (place) => otherServer(place, expected),
    )
  }
  return checkTimeline(input, Number(ours['timeline']))
}

function checkTimeline(input: CheckInput, ours: number): OffbeatError | null {
  const { facts, history, offset } = input
  if (offset === null || facts.timeline === ours) return null
  const switchedAt = history?.switchedAt.get(ours) ?? null
  if (facts.timeline > ours && switchedAt !== null && notAfter(offset.position, switchedAt)) return null
  if (facts.standby && facts.timeline < ours) return behindUpstream(input, ours)
  return lost(
    'POSTGRES_TIMELINE_DIVERGED',
    input,
    {
      message: `the history of ${where(input)} does not contain the offset of ${input.source}`,
      found: foundTimeline(facts.timeline, ours, switchedAt),
      expected: `timeline ${ours}, or a later one that branched off at or after ${offset.position}`,
      details: { timeline: facts.timeline, offsetTimeline: ours, switchedAt: switchedAt?.toString() ?? null },
    },
    (place) => diverged(place, ours, switchedAt),
  )
}

function otherServer(place: LostPlace, expected: string): LossAbout {
  const { offset, facts, config } = place
  const upgraded = fromSlot(place, {
    what: `Continue at the slot ${config.slot} of this server, if this is the same server after pg_upgrade, which keeps slots from 17 on`,
    cost: 'nothing is lost then, because pg_upgrade refuses a slot that was not read to the end; otherwise the changes in between are never delivered, and another client that reads the slot loses changes',
  })
  return {
    missing: {
      words: `What the other server committed after ${offset.position} is not delivered; it is not in the log of this server.`,
      bytes: null,
    },
    evidence: [{ name: 'offset of', value: `system ${expected}` }],
    choices: [
      rightServer(place, 'Connect to the server that the offset comes from'),
      ...(facts.slot === null ? [] : [upgraded]),
      startElsewhere(place),
    ],
  }
}

function diverged(place: LostPlace, ours: number, switchedAt: Position | null): LossAbout {
  const { offset } = place
  const beyond =
    switchedAt === null
      ? 'What this server has committed since its timeline branched off is not delivered.'
      : `The timelines branched at ${switchedAt}. What was delivered from there to ${offset.position} is not on this server; what this server has committed since is not delivered.`
  return {
    missing: { words: beyond, bytes: null },
    evidence: [
      { name: 'offset of', value: `timeline ${ours}${switchedAt === null ? '' : `, branched at ${switchedAt}`}` },
    ],
    choices: [rightServer(place, 'Connect to the server that has this position in its history'), startAnew(place)],
  }
}

/** A standby tells the timeline of its last checkpoint, which is the old one for a while after its upstream was promoted. */
function behindUpstream(input: CheckInput, ours: number): OffbeatError {
  const { timeline } = input.facts
  return new OffbeatError('POSTGRES_ONLY_STANDBY', {
    message: `the standby ${where(input)} has not yet reached the timeline of the offset of ${input.source}`,
    found: `timeline ${timeline} at its last checkpoint`,
    expected: `timeline ${ours} or a later one`,
    fix: [
      inDatabase('CHECKPOINT', SUPERUSER),
      query('SELECT status, received_tli FROM pg_stat_wal_receiver', SUPERUSER),
    ],
    details: { timeline, offsetTimeline: ours },
  })
}

function foundTimeline(timeline: number, ours: number, switchedAt: Position | null): string {
  if (switchedAt !== null) return `timeline ${timeline}, which branched off timeline ${ours} at ${switchedAt}`
  if (timeline < ours) return `timeline ${timeline}, which is older than timeline ${ours}: possibly the former primary`
  return `timeline ${timeline}, which does not descend from timeline ${ours}`
}

function notAfter(a: Position, b: Position): boolean {
  return LSN_POSITIONS.compare(a, b) !== 'after'
}

function checkSlotThere(input: CheckInput): OffbeatError | null {
  if (input.offset === null || input.facts.slot !== null) return null
  return lost(
    'POSTGRES_SLOT_MISSING',
    input,
    {
      message: `the slot ${input.config.slot}, which retained the log for ${input.source}, does not exist on ${where(input)}`,
      found: 'no such row in pg_replication_slots',
      expected: `a slot ${input.config.slot} at or before ${input.offset.position}`,
    },
    (place) => ({
      choices: [
        ...copiedSlot(place),
        rightServer(place, 'Connect to the server that has the slot, if this is another one after a failover'),
        startAnew(place),
      ],
    }),
  )
}

function checkSlotKind(input: CheckInput): OffbeatError | null {
  const { slot, database } = input.facts
  if (slot === null) return null
  const fix = [inFile(`slot: ${otherSlot(input.config)}`)]
  if (slot.plugin !== 'pgoutput') {
    return new OffbeatError('POSTGRES_SLOT_OTHER_PLUGIN', {
      message: `the slot ${slot.name} cannot be read by Offbeat`,
      found: slot.plugin === null ? 'a physical slot' : `a slot with the plugin ${slot.plugin}`,
      expected: 'a logical slot with the plugin pgoutput',
      fix,
      details: slotDetails(slot),
    })
  }
  if (slot.database === database) return slot.temporary ? temporarySlot(slot) : twoPhaseSlot(input, slot, fix)
  return new OffbeatError('POSTGRES_SLOT_OTHER_DATABASE', {
    message: `the slot ${slot.name} belongs to another database of the server`,
    found: `a slot of the database ${slot.database ?? 'unknown'}`,
    expected: `a slot of the database ${database}`,
    fix,
    details: slotDetails(slot),
  })
}

/** Such a slot is given PREPARE and COMMIT PREPARED, which protocol 1 does not have. Only from 18 on can it be altered. */
function twoPhaseSlot({ config, facts }: CheckInput, slot: SlotFacts, fix: readonly Fix[]): OffbeatError | null {
  if (!slot.twoPhase) return null
  const alter = inShell(alterSlot(config, 'TWO_PHASE false'), {
    by: REPLICATION,
    note: 'while no client reads the slot',
  })
  return new OffbeatError('POSTGRES_SLOT_TWO_PHASE', {
    message: `the slot ${slot.name} decodes transactions when they are prepared, which Offbeat does not support`,
    found: 'two_phase = true',
    expected: 'a slot with two_phase = false, which sends a prepared transaction when it is committed',
    fix: [...fix, ...(facts.version >= 180000 ? [alter] : [])],
    details: slotDetails(slot),
  })
}

function checkNotOurs(input: CheckInput): OffbeatError | null {
  const { slot } = input.facts
  if (slot === null) return null
  if (slot.confirmedFlushLsn === null) return beingMade(input, slot)
  return new OffbeatError('POSTGRES_SLOT_NOT_OURS', {
    message: `the slot ${slot.name} exists, and no offset is stored for ${input.source}: another client may use it`,
    found: `a slot at ${slot.confirmedFlushLsn ?? 'no position'}, ${readBy(slot)}`,
    expected: 'no slot of this name, or a stored offset',
    fix: [
      ...(slot.activePid === null ? [perhapsOurs(input)] : []),
      inShell(`offbeat offsets set ${input.source} --from-slot`, {
        note: 'takes it over; another client that reads it loses changes',
      }),
      alternative('use another slot, which starts at the current end of the log'),
      inFile(`slot: ${otherSlot(input.config)}`),
      alternative('drop the slot, if it is not needed'),
      dropSlot(input),
    ],
    details: slotDetails(slot),
  })
}

function readBy({ activePid, inactiveSinceMs }: SlotFacts): string {
  if (activePid !== null) return `read by process ${activePid}`
  return inactiveSinceMs === null
    ? 'not being read'
    : `not being read since ${new Date(inactiveSinceMs).toISOString().slice(0, 19)}Z`
}

/** The server notes nothing of who made a slot, so whether it is ours is for a person to say. */
function perhapsOurs({ source }: CheckInput): Fix {
  return forPerson(
    `take the slot over if a first start of ${source} created it and was killed before it stored an offset: nothing is lost then`,
  )
}

/** Perhaps by a connection of ours that broke meanwhile: the server notices only when the transactions that it waits for have ended. */
function beingMade(input: CheckInput, slot: SlotFacts): OffbeatError {
  const pid = slot.activePid
  return new OffbeatError('POSTGRES_SLOT_IN_USE', {
    message: `the slot ${slot.name} is being created on ${where(input)}, and no offset is stored for ${input.source}`,
    found: `a slot without a position, ${pid === null ? 'not in use' : `in use by process ${pid}`}`,
    expected: 'no slot of this name',
    fix:
      pid === null
        ? [dropSlot(input)]
        : [
            inDatabase(`SELECT pg_terminate_backend(${pid})`, SUPERUSER, {
              note: 'ends the creation, and the slot goes',
            }),
          ],
    details: slotDetails(slot),
  })
}

function checkInvalidated(input: CheckInput): OffbeatError | null {
  const { slot } = input.facts
  if (slot === null) return null
  const reason = invalidation(slot)
  if (reason === null) return null
  return lost(
    'POSTGRES_SLOT_INVALIDATED',
    input,
    {
      message: `PostgreSQL has invalidated the slot ${slot.name}: it no longer keeps the log for ${input.source}`,
      found: reason.found,
      expected: 'wal_status reserved, extended or unreserved',
    },
    (place) => ({ choices: [...copiedSlot(place), startAnew(place, reason.prevention(input.facts))] }),
  )
}

function checkAhead(input: CheckInput): OffbeatError | null {
  const { offset } = input
  const confirmed = input.facts.slot?.confirmedFlushLsn ?? null
  if (offset === null || confirmed === null || notAfter(confirmed, offset.position)) return null
  return lost(
    'POSTGRES_SLOT_AHEAD',
    input,
    {
      message: `the slot ${input.config.slot} is ahead of the offset of ${input.source}: the server would skip the changes in between`,
      found: `confirmed_flush_lsn ${confirmed}`,
      expected: `at or before the stored offset ${offset.position}`,
      details: { missingUntil: String(confirmed) },
    },
    (place) => ahead(place, confirmed),
  )
}

function ahead(place: LostPlace, confirmed: Position): LossAbout {
  const { offset, source, config } = place
  return {
    missing: {
      words: `What was committed between ${offset.position} and ${confirmed} is not delivered. The slot was moved: another client read it, it was dropped and created again, or an older store was restored.`,
      until: String(confirmed),
      bytes: bytesBetween(offset.position, confirmed),
    },
    choices: [
      {
        what: 'Restore the newest copy of the store, or its offset, if an older store was restored',
        cost: 'nothing is lost, if that store had delivered the changes in between',
        run: [inShell(`offbeat offsets import ${source} --file <the newest export>`), inShell('offbeat run')],
      },
      ...copiedSlot(place),
      fromSlot(place, {
        what: `Continue at ${confirmed}, the position of the slot ${config.slot}`,
        cost: `what was committed between ${offset.position} and ${confirmed} is never delivered`,
      }),
    ],
  }
}

/** The look again once the slot is held: nobody can have moved it between the first look and the start of the stream. */
export function checkStillBehind(
  source: string,
  config: CheckInput['config'],
  facts: ServerFacts,
  from: Position,
): OffbeatError | null {
  const moved: Offset['moved'] = { by: 'operator', why: '', atMs: facts.atMs }
  const offset: Offset = { position: from, server: null, memory: {}, moved }
  return checkAhead({ source, config, facts, offset, history: null })
}

function checkHead(input: CheckInput): OffbeatError | null {
  const { offset, facts } = input
  // A standby replays later than its primary, which gave the offset.
  if (offset === null || facts.standby || notAfter(offset.position, facts.head)) return null
  return lost(
    'OFFSET_BEYOND_LOG',
    input,
    {
      message: `the offset of ${input.source} is beyond the end of the log of ${where(input)}`,
      found: `the log ends at ${facts.head}`,
      expected: `a log that reaches ${offset.position}`,
    },
    beyondLog,
  )
}

function beyondLog(place: LostPlace): LossAbout {
  return {
    missing: {
      words: `The server was restored to an earlier state: what was delivered after ${place.facts.head} is not on it, and what it commits from there on is not delivered.`,
      bytes: null,
    },
    evidence: [{ name: 'beyond by', value: `${bytesBetween(place.facts.head, place.offset.position)} bytes of log` }],
    choices: [rightServer(place, 'Connect to the server that was not restored'), startAnew(place)],
  }
}

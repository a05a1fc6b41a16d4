import type { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { type ServerFacts, tooOld } from '../inspect/server-facts.ts'
import { LSN_POSITIONS } from '../position.ts'
import type { ResumeInput } from './loss.ts'
import {
  offsetBeyondLog,
  otherServer,
  slotAhead,
  slotInvalidated,
  slotMissing,
  timelineDiverged,
} from './position-lost.ts'
import { invalidation } from './slot-invalidation.ts'
import { beingCreated, notOurs, otherDatabase, otherPlugin, temporarySlot, twoPhase } from './slot-refusal.ts'
import type { TimelineHistory } from './timeline.ts'
import { behindUpstream, noPrimary, publicationMissing, undecodableStandby, walLevelTooLow } from './unfit-server.ts'

/** Whether the stream can be opened at a stored offset. */
export type Opening =
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | { readonly can: 'no'; readonly error: OffbeatError }

/** null: no error. */
type Rule = (input: ResumeInput) => OffbeatError | null

/** In the order in which they must be fixed. */
const SERVER_RULES: readonly Rule[] = [checkVersion, checkStandby, checkWalLevel, checkPublication]
const POSITION_RULES: readonly Rule[] = [
  checkIdentity,
  checkSlotThere,
  checkSlotKind,
  checkInvalidated,
  checkAhead,
  checkHead,
]

/** Checks whether this server can continue exactly at the stored offset now. */
export function checkResume(input: ResumeInput): Opening {
  const error = firstBroken([...SERVER_RULES, ...POSITION_RULES], input)
  if (error !== null) return { can: 'no', error }
  const { offset, facts, history } = input
  if (offset === null) return { can: 'yes', as: 'same server', why: 'no offset is stored yet' }
  if (history !== null) return { can: 'yes', as: 'promoted', why: whyPromoted(offset, facts, history) }
  const server = offset.server === null ? 'the offset names no server' : 'same system identifier and timeline'
  return { can: 'yes', as: 'same server', why: `${server}; the slot has not passed the offset` }
}

/** All errors of the server and the publication at once, for the doctor. */
export function serverErrors(input: ResumeInput): readonly OffbeatError[] {
  return SERVER_RULES.flatMap((rule) => rule(input) ?? [])
}

/** Checks whether a new slot can be created: the server meets the requirements, and no slot of this name exists. */
export function checkFresh(input: ResumeInput): OffbeatError | null {
  return firstBroken([...SERVER_RULES, checkSlotKind, checkNotOurs], input)
}

/** Checks whether we can read an existing slot. */
export function checkTakeOver(input: ResumeInput): OffbeatError | null {
  return checkVersion(input) ?? checkSlotKind(input) ?? checkInvalidated(input)
}

function firstBroken(rules: readonly Rule[], input: ResumeInput): OffbeatError | null {
  for (const rule of rules) {
    const error = rule(input)
    if (error !== null) return unlessFallback(error, input)
  }
  return null
}

/** The errors that a standby can have although its primary has none. */
const STANDBYS_OWN: readonly ErrorCode[] = ['POSTGRES_STANDBY', 'POSTGRES_WAL_LEVEL', 'POSTGRES_SLOT_MISSING']

/**
 * With several hosts, a standby is checked only while the primary does not answer. What the standby lacks says nothing about the primary.
 */
function unlessFallback(error: OffbeatError, input: ResumeInput): OffbeatError {
  const several = input.config.connection.hosts.length > 1
  return several && input.facts.standby && STANDBYS_OWN.includes(error.code) ? noPrimary(error, input) : error
}

function whyPromoted(offset: Offset, facts: ServerFacts, history: TimelineHistory): string {
  const from = Number(offset.server?.['timeline'])
  const switchedAt = history.switchedAt.get(from) ?? '?'
  return `promoted: timeline ${from} became ${facts.timeline} of the same system, and the offset ${offset.position} is at or before the switch at ${switchedAt}`
}

function checkVersion({ facts }: ResumeInput): OffbeatError | null {
  return tooOld(facts.version)
}

function checkStandby(input: ResumeInput): OffbeatError | null {
  const { standby, version } = input.facts
  return standby && version < 160000 ? undecodableStandby(input) : null
}

function checkWalLevel(input: ResumeInput): OffbeatError | null {
  return input.facts.canDecode ? null : walLevelTooLow(input)
}

export function checkPublication(input: Pick<ResumeInput, 'config' | 'facts'>): OffbeatError | null {
  return input.facts.publication === null ? publicationMissing(input) : null
}

function checkIdentity(input: ResumeInput): OffbeatError | null {
  const ours = input.offset?.server ?? null
  if (ours === null) return null
  const { systemIdentifier = 'unknown', timeline } = ours
  if (systemIdentifier !== input.facts.systemIdentifier) return otherServer(input, systemIdentifier)
  return checkTimeline(input, Number(timeline))
}

function checkTimeline(input: ResumeInput, ours: number): OffbeatError | null {
  const { facts, history, offset } = input
  if (offset === null || facts.timeline === ours) return null
  const switchedAt = history?.switchedAt.get(ours) ?? null
  if (facts.timeline > ours && switchedAt !== null && notAfter(offset.position, switchedAt)) return null
  const late = facts.standby && facts.timeline < ours
  return late ? behindUpstream(input, ours) : timelineDiverged(input, ours, switchedAt)
}

function checkSlotThere(input: ResumeInput): OffbeatError | null {
  return input.offset !== null && input.facts.slot === null ? slotMissing(input) : null
}

function checkSlotKind(input: ResumeInput): OffbeatError | null {
  const { slot, database } = input.facts
  if (slot === null) return null
  if (slot.plugin !== 'pgoutput') return otherPlugin(input, slot)
  if (slot.database !== database) return otherDatabase(input, slot)
  if (slot.temporary) return temporarySlot(slot)
  return slot.twoPhase ? twoPhase(input, slot) : null
}

function checkNotOurs(input: ResumeInput): OffbeatError | null {
  const { slot } = input.facts
  if (slot === null) return null
  return slot.confirmedFlushLsn === null ? beingCreated(input, slot) : notOurs(input, slot)
}

function checkInvalidated(input: ResumeInput): OffbeatError | null {
  const { slot } = input.facts
  const reason = slot === null ? null : invalidation(slot)
  return slot === null || reason === null ? null : slotInvalidated(input, slot, reason)
}

/**
 * The server starts from the later of the offset and the slot's position. A reader checks again once it holds the slot: from then on nobody
 * else can move it.
 */
export function checkAhead(input: ResumeInput): OffbeatError | null {
  const confirmed = input.facts.slot?.confirmedFlushLsn ?? null
  if (input.offset === null || confirmed === null || notAfter(confirmed, input.offset.position)) return null
  return slotAhead(input, confirmed)
}

/** A standby is skipped: it can be behind the primary from which the offset came. */
function checkHead(input: ResumeInput): OffbeatError | null {
  const { offset, facts } = input
  if (offset === null || facts.standby || notAfter(offset.position, facts.head)) return null
  return offsetBeyondLog(input)
}

function notAfter(a: Position, b: Position): boolean {
  return LSN_POSITIONS.compare(a, b) !== 'after'
}

import { type ErrorDetails, OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { inShell } from '../../../model/fix.ts'
import type { Position } from '../../../model/position.ts'
import { type LossAbout, lostError, RUN, rightServer } from '../../loss.ts'
import { type SlotFacts, slotDetails } from '../inspect/server-facts.ts'
import {
  bytesBetween,
  copiedSlot,
  dropSlot,
  fromSlot,
  type LostPosition,
  lossOfPosition,
  type ResumeInput,
  startAnew,
  startElsewhere,
  where,
} from './loss.ts'
import type { invalidation } from './slot-invalidation.ts'

/* The errors for each way to lose a position, with the choices. The conditions are in slot-check.ts. */

/** Without an offset there is no position to lose, so there are no choices. */
export function lost(
  code: ErrorCode,
  input: ResumeInput,
  about: Omit<ErrorDetails, 'fix' | 'loss'>,
  lossAbout: (position: LostPosition) => LossAbout,
): OffbeatError {
  const { offset, facts } = input
  const slot = facts.slot === null ? {} : slotDetails(facts.slot)
  const error = { ...about, details: { ...slot, head: String(facts.head), ...about.details } }
  if (offset === null) return new OffbeatError(code, { ...error, fix: [dropSlot(input)] })
  const position = { ...input, offset }
  return lostError(code, error, lossOfPosition(position, lossAbout(position)))
}

export function otherServer(input: ResumeInput, expected: string): OffbeatError {
  const { facts } = input
  return lost(
    'DATABASE_OTHER_SERVER',
    input,
    {
      message: `the server ${where(input)} is not the server that the offset of ${input.source} comes from`,
      found: `system identifier ${facts.systemIdentifier}`,
      expected: `system identifier ${expected}`,
      details: { found: facts.systemIdentifier, expected },
    },
    (position) => lostToOtherServer(position, expected),
  )
}

function lostToOtherServer(position: LostPosition, expected: string): LossAbout {
  const { offset, facts, config } = position
  const upgraded = fromSlot(position, {
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
      rightServer(position, 'Connect to the server that the offset comes from'),
      ...(facts.slot === null ? [] : [upgraded]),
      startElsewhere(position),
    ],
  }
}

export function timelineDiverged(input: ResumeInput, ours: number, switchedAt: Position | null): OffbeatError {
  const { facts, offset } = input
  return lost(
    'POSTGRES_TIMELINE_DIVERGED',
    input,
    {
      message: `the history of ${where(input)} does not contain the offset of ${input.source}`,
      found: foundTimeline(facts.timeline, ours, switchedAt),
      expected: `timeline ${ours}, or a later one that branched off at or after ${offset?.position}`,
      details: { timeline: facts.timeline, offsetTimeline: ours, switchedAt: switchedAt?.toString() ?? null },
    },
    (position) => diverged(position, ours, switchedAt),
  )
}

function diverged(position: LostPosition, ours: number, switchedAt: Position | null): LossAbout {
  const { offset } = position
  const beyond =
    switchedAt === null
      ? 'What this server has committed since its timeline branched off is not delivered.'
      : `The timelines branched at ${switchedAt}. What was delivered from there to ${offset.position} is not on this server; what this server has committed since is not delivered.`
  return {
    missing: { words: beyond, bytes: null },
    evidence: [
      { name: 'offset of', value: `timeline ${ours}${switchedAt === null ? '' : `, branched at ${switchedAt}`}` },
    ],
    choices: [
      rightServer(position, 'Connect to the server that has this position in its history'),
      startAnew(position),
    ],
  }
}

function foundTimeline(timeline: number, ours: number, switchedAt: Position | null): string {
  if (switchedAt !== null) return `timeline ${timeline}, which branched off timeline ${ours} at ${switchedAt}`
  if (timeline < ours) return `timeline ${timeline}, which is older than timeline ${ours}: possibly the former primary`
  return `timeline ${timeline}, which does not descend from timeline ${ours}`
}

export function slotMissing(input: ResumeInput): OffbeatError {
  return lost(
    'POSTGRES_SLOT_MISSING',
    input,
    {
      message: `the slot ${input.config.slot}, which retained the log for ${input.source}, does not exist on ${where(input)}`,
      found: 'no such row in pg_replication_slots',
      expected: `a slot ${input.config.slot} at or before ${input.offset?.position}`,
    },
    (position) => ({
      choices: [
        ...copiedSlot(position),
        rightServer(position, 'Connect to the server that has the slot, if this is another one after a failover'),
        startAnew(position),
      ],
    }),
  )
}

export function slotInvalidated(
  input: ResumeInput,
  slot: SlotFacts,
  reason: NonNullable<ReturnType<typeof invalidation>>,
): OffbeatError {
  return lost(
    'POSTGRES_SLOT_INVALIDATED',
    input,
    {
      message: `PostgreSQL has invalidated the slot ${slot.name}: it no longer keeps the log for ${input.source}`,
      found: reason.found,
      expected: 'wal_status reserved, extended or unreserved',
    },
    (position) => ({ choices: [...copiedSlot(position), startAnew(position, reason.prevention(input.facts))] }),
  )
}

export function slotAhead(input: ResumeInput, confirmed: Position): OffbeatError {
  return lost(
    'POSTGRES_SLOT_AHEAD',
    input,
    {
      message: `the slot ${input.config.slot} is ahead of the offset of ${input.source}: the server would skip the changes in between`,
      found: `confirmed_flush_lsn ${confirmed}`,
      expected: `at or before the stored offset ${input.offset?.position}`,
      details: { missingUntil: String(confirmed) },
    },
    (position) => ahead(position, confirmed),
  )
}

function ahead(position: LostPosition, confirmed: Position): LossAbout {
  const { offset, source, config } = position
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
        run: [inShell(`offbeat offsets import ${source} --file <the newest export>`), RUN],
      },
      ...copiedSlot(position),
      fromSlot(position, {
        what: `Continue at ${confirmed}, the position of the slot ${config.slot}`,
        cost: `what was committed between ${offset.position} and ${confirmed} is never delivered`,
      }),
    ],
  }
}

export function offsetBeyondLog(input: ResumeInput): OffbeatError {
  const { offset, facts } = input
  return lost(
    'OFFSET_BEYOND_LOG',
    input,
    {
      message: `the offset of ${input.source} is beyond the end of the log of ${where(input)}`,
      found: `the log ends at ${facts.head}`,
      expected: `a log that reaches ${offset?.position}`,
    },
    beyondLog,
  )
}

function beyondLog(position: LostPosition): LossAbout {
  return {
    missing: {
      words: `The server was restored to an earlier state: what was delivered after ${position.facts.head} is not on it, and what it commits from there on is not delivered.`,
      bytes: null,
    },
    evidence: [
      { name: 'beyond by', value: `${bytesBetween(position.facts.head, position.offset.position)} bytes of log` },
    ],
    choices: [rightServer(position, 'Connect to the server that was not restored'), startAnew(position)],
  }
}

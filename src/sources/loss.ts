import { type ErrorDetails, OffbeatError } from '../model/error.ts'
import type { ErrorCode } from '../model/error-code.ts'
import { type Fix, inFile, inShell } from '../model/fix.ts'
import type { Resume } from '../model/log-state.ts'
import { type Choice, type Loss, lossFix, type Missing } from '../model/loss.ts'
import type { Movement } from '../model/offset.ts'

/** A stored offset from which the server cannot continue. */
export interface LostOffset {
  readonly source: string
  /** The position in the form in which it is stored and shown. */
  readonly position: string
  readonly moved: Movement
}

/** The log of the server that was inspected. */
export interface InspectedLog {
  /** The end of the log, as the database prints it. */
  readonly head: string
  readonly atMs: number
  /** The size of the log between the offset and the end; null: unknown, or this log is not measured in bytes. */
  readonly bytes: number | null
  /** What identifies the server and what it retains for the source, in display order. */
  readonly evidence: Loss['evidence']
}

/** What differs between the ways to lose a position. The rest is common to all. */
export interface LossAbout {
  /** What is missing, if it is not simply everything after the offset. */
  readonly missing?: Partial<Missing>
  /** Shown after the offset. */
  readonly evidence?: Loss['evidence']
  readonly choices: readonly Choice[]
}

export const RUN = inShell('offbeat run')

/** An error whose fixes are the choices of the loss. */
export function lostError(code: ErrorCode, error: Omit<ErrorDetails, 'fix' | 'loss'>, loss: Loss): OffbeatError {
  const { from, sinceMs } = loss.missing
  const details = { offset: from, missingFrom: from, offsetStoredAt: new Date(sinceMs).toISOString(), ...error.details }
  return new OffbeatError(code, { ...error, loss, fix: lossFix(loss), details })
}

export function lossOf({ position, moved }: LostOffset, log: InspectedLog, about: LossAbout): Loss {
  const missing: Missing = {
    words: `What was committed after ${position} is not delivered: all since ${timeOf(moved.atMs)}, up to the position where reading starts again.`,
    from: position,
    until: null,
    sinceMs: moved.atMs,
    bytes: log.bytes,
    ...about.missing,
  }
  const evidence = [
    { name: 'offset', value: `${position}, stored at ${timeOf(moved.atMs)} (${moved.by})` },
    ...(about.evidence ?? []),
    ...log.evidence,
    { name: 'log', value: `ends at ${log.head}, inspected at ${timeOf(log.atMs)}` },
  ]
  return { evidence, missing, choices: about.choices }
}

export function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The choice for a connection that went to the wrong server. */
export function rightServer({ source }: Pick<LostOffset, 'source'>, what: string): Choice {
  return {
    what,
    cost: 'nothing is lost, if there still is such a server',
    run: [
      inFile(`sources.${source}.url: its host, or both in sources.${source}.hosts`),
      inShell(`offbeat status ${source}`),
      RUN,
    ],
  }
}

/**
 * The choice that always works. `before`: what frees the resource on the server, such as its slot. `after`: what prevents it from happening
 * again.
 */
export function startAgain(
  { source, position, moved }: LostOffset,
  { before = [], after = [] }: { readonly before?: readonly Fix[]; readonly after?: readonly Fix[] },
): Choice {
  return {
    what: 'Start again at the current end of the log',
    cost: `what was committed after ${position} (since ${timeOf(moved.atMs)}) until then is never delivered; rows are not read again`,
    run: [...before, inShell(`offbeat offsets reset ${source}`), ...after, RUN],
  }
}

/** What an inspection reports about a position that cannot be opened. `stop`: as in `Resume`. */
export function refusedResume(error: OffbeatError, stop: boolean): Resume {
  // A transient error says nothing about our position: the inspection itself failed.
  if (error.retry) throw error
  const { code, message, found, expected, details, fix, loss } = error
  return { can: 'no', code, message, found, expected, details, choices: fix, ...(loss === null ? {} : { loss }), stop }
}

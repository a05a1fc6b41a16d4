import type { DataWords } from '../model/data-words.ts'
import { type ErrorDetails, OffbeatError } from '../model/error.ts'
import type { ErrorCode } from '../model/error-code.ts'
import { type Fix, inFile, inShell } from '../model/fix.ts'
import type { Resume } from '../model/log-state.ts'
import { type Choice, type Loss, lossFix, type Missing } from '../model/loss.ts'
import type { Movement } from '../model/offset.ts'

/** A stored offset from which the server cannot continue. */
export interface LostOffset {
  readonly source: string
  /** The position in the form in which it is stored. */
  readonly position: string
  /** The form that people read. */
  readonly short: string
  readonly moved: Movement
  /** The time that the position itself contains, for the databases whose positions have one. */
  readonly timeMs?: number
  readonly words: DataWords
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
  const { from, storedMs } = loss.missing
  const details = {
    offset: from,
    missingFrom: from,
    offsetStoredAt: new Date(storedMs).toISOString(),
    ...error.details,
  }
  return new OffbeatError(code, { ...error, loss, fix: lossFix(loss), details })
}

export function lossOf(offset: LostOffset, log: InspectedLog, about: LossAbout): Loss {
  const { position, short, moved } = offset
  const sinceMs = timeOfPosition(offset)
  const all = sinceMs === null ? '' : `: all since ${timeOf(sinceMs)}`
  const missing: Missing = {
    words: `What was committed after ${short} is not delivered${all}, up to the position where reading starts again.`,
    from: position,
    fromShort: short,
    until: null,
    storedMs: moved.atMs,
    sinceMs,
    bytes: log.bytes,
    ...about.missing,
  }
  const evidence = [
    { name: 'offset', value: `${short}, stored at ${timeOf(moved.atMs)} (${moved.by})` },
    ...(about.evidence ?? []),
    ...log.evidence,
    { name: 'log', value: `ends at ${log.head}, inspected at ${timeOf(log.atMs)}` },
  ]
  return { evidence, missing, choices: about.choices }
}

/**
 * A position that was stored when it was read is about as old as that. One that an operator set can be of any time. null: it is not known.
 */
function timeOfPosition({ moved, timeMs }: Pick<LostOffset, 'moved' | 'timeMs'>): number | null {
  return timeMs ?? (moved.by === 'operator' ? null : moved.atMs)
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
  offset: LostOffset,
  { before = [], after = [] }: { readonly before?: readonly Fix[]; readonly after?: readonly Fix[] },
): Choice {
  const { source, short, words } = offset
  const sinceMs = timeOfPosition(offset)
  const since = sinceMs === null ? '' : ` (since ${timeOf(sinceMs)})`
  return {
    what: 'Start again at the current end of the log',
    cost: `what was committed after ${short}${since} until then is never delivered; ${words.row}s are not read again`,
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

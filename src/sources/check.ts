import type { Clock } from '../model/clock.ts'
import { formatDurationMs } from '../model/duration.ts'
import type { ErrorCode } from '../model/error-code.ts'
import { alternative, type Fix, forPerson, inFile, inShell } from '../model/fix.ts'
import type { Logger } from '../model/logger.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { unreachable } from '../model/unreachable.ts'

/*
 * The doctor's contract. Read in this order: Checkup (what a source implements), Check (one check), CheckResult (what it found), CheckFix
 * (how to fix it). A source gathers its evidence once, read-only and piece by piece (Seen). Its checks are pure functions of that evidence.
 */

/**
 * One piece of evidence, gathered independently of the others. If it could not be read (the query was refused or timed out, but the
 * connection still works), `what` names it and `unseen` has the fixes that make it readable, in the order to run them.
 */
export type Seen<T> = { readonly seen: T } | { readonly what: string; readonly unseen: readonly Fix[] }

export type Pieces<Evidence> = { readonly [Name in keyof Evidence]: Seen<Evidence[Name]> }

/** Thrown when a check reads a piece that could not be read from the database. */
class UnseenPiece extends Error {
  readonly piece: Extract<Seen<unknown>, { what: string }>

  constructor(piece: Extract<Seen<unknown>, { what: string }>) {
    super(piece.what)
    this.piece = piece
  }
}

/**
 * The evidence as the checks see it: each property is the piece's value. Reading a piece that could not be gathered ends the check, and
 * `findingsOf` reports it as `skip` with that piece's fix. So a check must read only the pieces that it needs, and must never copy the
 * whole evidence object.
 */
export function evidenceOf<Evidence extends object>(pieces: Pieces<Evidence>): Evidence {
  return new Proxy(pieces, {
    get(target, name) {
      const piece: Seen<unknown> | undefined = Reflect.get(target, name)
      if (piece !== undefined && 'what' in piece) throw new UnseenPiece(piece)
      return piece?.seen
    },
    // A proxy has the type of its target, but `get` returns the value of each piece.
  }) as unknown as Evidence
}

/**
 * What a user sees: 1 the heartbeat table is not found, 2 permission denied, 3 its row does not change, 4 it changes but the connector does
 * not see it, 5 the offsets are stale although everything else works.
 */
export type Symptom = 1 | 2 | 3 | 4 | 5

/** `skip`: the check could not run; `expected` says what it needs, such as the GRANT for a missing privilege. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip'

export interface CheckResult {
  readonly status: CheckStatus
  /** null for `ok` and `skip`. */
  readonly code: ErrorCode | null
  /** The state found, and on which object. Contains no secrets and no row values. */
  readonly found: string
  readonly expected: string
  /** In the order to run them. Empty for `ok`. */
  readonly fix: readonly CheckFix[]
}

/** `manualBecause`: why `doctor --fix` does not run it; null: it is a statement that `doctor --fix` can run. */
export type CheckFix = Fix & { readonly manualBecause: string | null }

export interface Check<Evidence> {
  /** e.g. 'postgresql.heartbeat-table'; scripts rely on it. */
  readonly id: string
  /** null: useful to know, but not a cause of any of the five symptoms. */
  readonly symptom: Symptom | null
  /** What is checked, in a few words. */
  readonly title: string
  /** The codes that it can report. Each one has a row in the test that breaks a real server. */
  readonly codes: readonly ErrorCode[]
  /** It concerns only the watched tables; no heartbeat depends on it. */
  readonly ofTables?: true
  /**
   * Pure. Ends at the first piece of evidence that could not be gathered, see `evidenceOf`. null: it does not apply to this source, or it
   * adds nothing to what an earlier check found.
   */
  run(evidence: Evidence): CheckResult | null
}

export interface CheckFinding extends CheckResult, Pick<Check<never>, 'id' | 'symptom' | 'title' | 'ofTables'> {}

/** What the store knows about a source. */
export interface Signs {
  /** When the running connector started; null: no connector runs. */
  readonly running: { readonly sinceMs: number } | null
  readonly offset: StoredOffset | null
  /** What the connector last reported. */
  readonly status: { readonly status: SourceStatus; readonly atMs: number } | null
  /** The last hour's pulses, newest first. */
  readonly pulses: readonly Pulse[]
  /** How fast the database writes its log; null: not known. */
  readonly bytesPerMs: number | null
}

export interface CheckContext {
  /** The source's name in the configuration. */
  readonly source: string
  readonly log: Logger
  readonly clock: Clock
  readonly signs: Signs
  /** The source is at risk if its runway is shorter. */
  readonly atRiskMs: number
  /** Reads the stored offset at the time of the call, because a running connector moves it. */
  readonly storedOffset: () => StoredOffset | null
}

export interface Checkup<Config> {
  /** In the order of the report. */
  readonly checks: readonly Omit<Check<never>, 'run'>[]
  /**
   * Inspects the database over read-only side connections and runs the checks. Rejects with a classified error only if the connection
   * cannot be opened or breaks. A refused query makes only its own piece of the evidence unavailable.
   */
  examine(config: Config, context: CheckContext, signal: AbortSignal): Promise<readonly CheckFinding[]>
}

/** Builds a source's checkup from the function that gathers its evidence and the checks of that evidence. */
export function checkupOf<Config, Evidence>(
  gather: (config: Config, context: CheckContext, signal: AbortSignal) => Promise<Evidence>,
  checks: readonly Check<Evidence>[],
): Checkup<Config> {
  return {
    checks,
    examine: async (config, context, signal) => findingsOf(checks, await gather(config, context, signal)),
  }
}

export function findingsOf<Evidence>(checks: readonly Check<Evidence>[], evidence: Evidence): readonly CheckFinding[] {
  return checks.flatMap(({ codes: _, run, ...about }) => {
    const result = resultOf(run, evidence)
    return result === null ? [] : [{ ...about, ...result }]
  })
}

const OPTIONAL = 'it is optional, and lets the user see more'

function resultOf<Evidence>(run: Check<Evidence>['run'], evidence: Evidence): CheckResult | null {
  try {
    return run(evidence)
  } catch (thrown) {
    if (!(thrown instanceof UnseenPiece)) throw thrown
    const { what, unseen: fix } = thrown.piece
    // A connection without a user needs one in the configuration before anything can be granted.
    const statement = fix.find((each) => each.in === 'database' && each.reads !== true)
    const grant = statement ?? fix.find((each) => each.in === 'file')
    const needs = grant?.text ?? 'a database that answers this query'
    return unseen(
      `not checked: ${what}`,
      needs,
      fix.map((each) => manual(each, OPTIONAL)),
    )
  }
}

/** Why a fix that could affect another client is left to a person. */
export const SOMEBODYS = 'it ends or drops something that another client may use'

export function finding(
  status: 'warn' | 'fail',
  code: ErrorCode,
  about: { readonly found: string; readonly expected: string; readonly fix: readonly CheckFix[] },
): CheckResult {
  return { status, code, ...about }
}

export function well(found: string, expected: string): CheckResult {
  return { status: 'ok', code: null, found, expected, fix: [] }
}

/** `needs`: what the check needs, such as the GRANT for a missing privilege. */
export function unseen(found: string, needs: string, fix: readonly CheckFix[] = []): CheckResult {
  return { status: 'skip', code: null, found, expected: needs, fix }
}

/** A fix that `doctor --fix` leaves to a person. `because` is used only for a fix that changes something. */
export function manual(fix: Fix, because: string): CheckFix {
  return { ...fix, manualBecause: manualReason(fix, because) }
}

function manualReason(fix: Fix, because: string): string {
  switch (fix.in) {
    case 'database':
      return fix.reads === true ? 'read-only query; run it yourself' : because
    case 'shell':
      return because
    case 'file':
    case 'person':
    case 'alternative':
      return DECIDE
    default:
      return unreachable(fix)
  }
}

const DECIDE = 'decide this yourself'

/** Advice for a person, for when there is no statement to run. */
export function advice(words: string): CheckFix {
  return { ...forPerson(words), manualBecause: DECIDE }
}

/** Says when to use the entries after it instead of those before it. */
export function instead(words: string): CheckFix {
  return { ...alternative(words), manualBecause: DECIDE }
}

/** A line to write in the configuration. */
export function configure(line: string): CheckFix {
  return { ...inFile(line), manualBecause: DECIDE }
}

/** An `offbeat` command. */
export function command(text: string, manualBecause: string): CheckFix {
  return { ...inShell(text), manualBecause }
}

/** An elapsed time, rounded to the largest unit that it contains at least twice. */
export function spanInWords(ms: number): string {
  const unitMs = UNITS_MS.find((unit) => ms >= 2 * unit) ?? 1
  return formatDurationMs(Math.max(0, Math.round(ms / unitMs) * unitMs))
}

const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000]

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
 * The doctor's contract. Read in this order: Checkup (what a source plugs in), Check (one thing that is checked), CheckResult (what was
 * found), CheckFix (what fixes it). A source gathers its evidence once, by reading alone and piece by piece (Seen), and its checks are pure
 * functions over it.
 */

/**
 * One piece of evidence, gathered by itself. `what` could not be seen: the query was refused or timed out, and the connection still works;
 * `unseen` has what makes it visible, in the order to be run.
 */
export type Seen<T> = { readonly seen: T } | { readonly what: string; readonly unseen: readonly Fix[] }

export type Pieces<Evidence> = { readonly [Name in keyof Evidence]: Seen<Evidence[Name]> }

/** Thrown where a check reads a piece that could not be seen. */
class UnseenPiece extends Error {
  readonly piece: Extract<Seen<unknown>, { what: string }>

  constructor(piece: Extract<Seen<unknown>, { what: string }>) {
    super(piece.what)
    this.piece = piece
  }
}

/**
 * The evidence as the checks read it: as if all of it had been seen. Reading a piece that was not ends the check, which `findingsOf` then
 * reports as `skip` with the piece's fix. So a check reads only the pieces that it needs, and never copies the evidence as a whole.
 */
export function evidenceOf<Evidence extends object>(pieces: Pieces<Evidence>): Evidence {
  return new Proxy(pieces, {
    get(target, name) {
      const piece: Seen<unknown> | undefined = Reflect.get(target, name)
      if (piece !== undefined && 'what' in piece) throw new UnseenPiece(piece)
      return piece?.seen
    },
    // A proxy has the type of its target; by `get` each property has the type that the piece had seen.
  }) as unknown as Evidence
}

/**
 * What a user sees: 1 the heartbeat table is not found, 2 permission denied, 3 its row does not change, 4 it changes and the connector does
 * not see it, 5 offsets are stale all the same.
 */
export type Symptom = 1 | 2 | 3 | 4 | 5

/** `skip`: it could not be checked; `expected` says what it takes, a grant where a privilege is lacking. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip'

export interface CheckResult {
  readonly status: CheckStatus
  /** null for `ok` and `skip`. */
  readonly code: ErrorCode | null
  /** What is so, on which object. No secret, no row value. */
  readonly found: string
  readonly expected: string
  /** In the order to be run. Empty for `ok`. */
  readonly fix: readonly CheckFix[]
}

/** `manualBecause`: why `doctor --fix` leaves it to a person; null: it is a statement that it may run. */
export type CheckFix = Fix & { readonly manualBecause: string | null }

export interface Check<Evidence> {
  /** e.g. 'postgresql.heartbeat-table'; scripts rely on it. */
  readonly id: string
  /** null: none of the five, and worth knowing. */
  readonly symptom: Symptom | null
  /** What is checked, in a few words. */
  readonly title: string
  /** The codes that it may report; each has its row in the test that breaks a real server. */
  readonly codes: readonly ErrorCode[]
  /** It is about the watched tables alone: no heartbeat depends on it. */
  readonly ofTables?: true
  /**
   * Pure; ends where it reads evidence that is unseen, see `evidenceOf`. null: it has no meaning for this source, or nothing of its own to
   * say beside what an earlier check has found.
   */
  look(evidence: Evidence): CheckResult | null
}

export interface CheckFinding extends CheckResult, Pick<Check<never>, 'id' | 'symptom' | 'title' | 'ofTables'> {}

/** What the store says of a source. */
export interface Signs {
  /** The connector that runs now, since when; null: none does. */
  readonly running: { readonly sinceMs: number } | null
  readonly offset: StoredOffset | null
  /** What the connector last reported. */
  readonly status: { readonly status: SourceStatus; readonly atMs: number } | null
  /** Of the last hour, newest first. */
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
  /** The offset as it is stored when it is called, since a connector that runs moves it. */
  readonly storedOffset: () => StoredOffset | null
}

export interface Checkup<Config> {
  /** In the order of the report. */
  readonly checks: readonly Omit<Check<never>, 'look'>[]
  /**
   * Inspects the database over side connections that only read, and checks what was found. Rejects with a classified error only when the
   * connection cannot be opened or breaks: a query that is refused leaves a piece of the evidence unseen, and hides nothing else.
   */
  examine(config: Config, context: CheckContext, signal: AbortSignal): Promise<readonly CheckFinding[]>
}

/** A source's checkup from how it gathers its evidence and the checks over it. */
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
  return checks.flatMap(({ codes: _, look, ...about }) => {
    const result = resultOf(look, evidence)
    return result === null ? [] : [{ ...about, ...result }]
  })
}

const OPTIONAL = 'it is optional, and lets the user see more'

function resultOf<Evidence>(look: Check<Evidence>['look'], evidence: Evidence): CheckResult | null {
  try {
    return look(evidence)
  } catch (thrown) {
    if (!(thrown instanceof UnseenPiece)) throw thrown
    const { what, unseen: fix } = thrown.piece
    const grant = fix.find((each) => each.in === 'database' && each.reads !== true)
    const needs = grant?.text ?? 'a database that answers this query'
    return unseen(
      `not checked: ${what}`,
      needs,
      fix.map((each) => manual(each, OPTIONAL)),
    )
  }
}

/** Why what another client may need is left to a person. */
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

/** `needs`: what it takes to check it, a grant where a privilege is lacking. */
export function unseen(found: string, needs: string, fix: readonly CheckFix[] = []): CheckResult {
  return { status: 'skip', code: null, found, expected: needs, fix }
}

/** A fix that `doctor --fix` leaves to a person. What changes nothing needs no other reason. */
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

/** Words for a person, where there is no statement to run. */
export function advice(words: string): CheckFix {
  return { ...forPerson(words), manualBecause: DECIDE }
}

/** Says when the entries after it are the way to take, in place of those before it. */
export function instead(words: string): CheckFix {
  return { ...alternative(words), manualBecause: DECIDE }
}

/** A line of the configuration. */
export function configure(line: string): CheckFix {
  return { ...inFile(line), manualBecause: DECIDE }
}

/** A command of ours. */
export function command(text: string, manualBecause: string): CheckFix {
  return { ...inShell(text), manualBecause }
}

/** A time that has passed, without more digits than help. */
export function spanInWords(ms: number): string {
  const unitMs = UNITS_MS.find((unit) => ms >= 2 * unit) ?? 1
  return formatDurationMs(Math.max(0, Math.round(ms / unitMs) * unitMs))
}

const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000]

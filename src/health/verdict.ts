import { ERROR_TABLE } from '../model/error-code.ts'
import { timeInWords } from '../model/figures.ts'
import type { LogState } from '../model/log-state.ts'
import type { Runway } from '../model/runway.ts'
import { unreachable } from '../model/unreachable.ts'
import { VERDICTS, type Verdict, type VerdictName } from '../model/verdict.ts'
import { isLost } from './runway.ts'

/** What a verdict is made of. Ages are durations by a clock that never goes backwards; null: it has not happened. */
export interface VerdictEvidence {
  /** Layer 2's, or layer 1's where layer 2 is off. */
  readonly intervalMs: number
  /** How long the source has been watched: an age that is null is no older than this. */
  readonly watchedMs: number
  /** The newest look that succeeded, and its age. */
  readonly state: LogState | null
  readonly lookAgeMs: number | null
  /** Since the stream gave a byte. */
  readonly byteAgeMs: number | null
  readonly runway: Runway
  readonly atRisk: AtRiskSettings
  /** null: layer 2 is off. */
  readonly pulse: { readonly backAgeMs: number | null; readonly roundTripMs: number | null } | null
  /** Since the stored offset moved. */
  readonly offsetAgeMs: number | null
  /** Since a watched change was stored. */
  readonly changeAgeMs: number | null
}

export interface AtRiskSettings {
  readonly runwayMs: number
  /** Of a limit; 0.8 is four fifths. */
  readonly usedRatio: number
}

/** The first row of the table that holds, with the evidence in words. */
export function verdictOf(evidence: VerdictEvidence): Verdict {
  for (const name of VERDICTS) {
    const why = whyOf(name, evidence)
    if (why !== null) return { name, why }
  }
  return { name: 'idle', why: idleWhy(evidence) }
}

/** null: the row does not hold. */
function whyOf(name: VerdictName, evidence: VerdictEvidence): string | null {
  switch (name) {
    case 'lost':
      return lostWhy(evidence.state)
    case 'blind':
      return blindWhy(evidence)
    case 'at risk':
      return atRiskWhy(evidence)
    case 'stale':
      return stalePulseWhy(evidence) ?? staleOffsetWhy(evidence)
    case 'flowing':
      return flowingWhy(evidence)
    case 'idle':
      return idleWhy(evidence)
    default:
      return unreachable(name)
  }
}

function lostWhy(state: LogState | null): string | null {
  return isLost(state) ? refusalWhy(state) : null
}

/** null: nothing speaks against opening the stream. */
export function refusalWhy(state: LogState | null): string | null {
  if (state?.resume.can !== 'no') return null
  const { code } = state.resume
  return `${code}: ${ERROR_TABLE[code].summary}`
}

function blindWhy(evidence: VerdictEvidence): string | null {
  const lookAgeMs = evidence.lookAgeMs ?? evidence.watchedMs
  const byteAgeMs = evidence.byteAgeMs ?? evidence.watchedMs
  if (Math.min(lookAgeMs, byteAgeMs) < 3 * evidence.intervalMs) return null
  const look = evidence.lookAgeMs === null ? 'no look has succeeded' : `the last look was ${timeInWords(lookAgeMs)} ago`
  const byte =
    evidence.byteAgeMs === null
      ? 'the stream gave nothing'
      : `the stream's last byte came ${timeInWords(byteAgeMs)} ago`
  return `${look}, and ${byte}`
}

function atRiskWhy({ state, runway, atRisk }: VerdictEvidence): string | null {
  const refusal = refusalWhy(state)
  if (refusal !== null) return `the stream could not be opened again: ${refusal}`
  for (const { name, seconds, because } of [...runway.clocks, { name: 'runway', ...runway }]) {
    if (seconds !== null && seconds * 1000 < atRisk.runwayMs) {
      const when =
        seconds === 0
          ? 'is used up'
          : `is reached in ${timeInWords(seconds * 1000)}, less than ${timeInWords(atRisk.runwayMs)}`
      return `${name} ${when}: ${because.join('; ')}`
    }
  }
  return state === null ? null : (usedUpWhy(state, atRisk.usedRatio) ?? blockerWhy(state, runway))
}

function usedUpWhy(state: LogState, usedRatio: number): string | null {
  for (const { name, used, keeps } of state.limits) {
    if (keeps === null || used <= usedRatio * keeps) continue
    return `${keeps > 0 ? `${Math.round((100 * used) / keeps)}%` : 'all'} of ${name} is used`
  }
  return null
}

function blockerWhy(state: LogState, runway: Runway): string | null {
  const [blocker] = state.blockers
  if (blocker === undefined || runway.clocks.some(({ seconds }) => seconds !== null)) return null
  const since = blocker.sinceMs === null ? '' : ` since ${new Date(blocker.sinceMs).toISOString()}`
  return `${blocker.kind} ${blocker.name} holds the log${since}, and for how long there is room is not known`
}

function stalePulseWhy({ pulse, watchedMs, intervalMs }: VerdictEvidence): string | null {
  if (pulse === null) return null
  const ageMs = pulse.backAgeMs ?? watchedMs
  if (ageMs <= 3 * intervalMs) return null
  return pulse.backAgeMs === null
    ? `no pulse has come back in ${timeInWords(ageMs)}`
    : `the last pulse came back ${timeInWords(ageMs)} ago, more than three intervals of ${timeInWords(intervalMs)}`
}

function staleOffsetWhy(evidence: VerdictEvidence): string | null {
  const ageMs = evidence.offsetAgeMs ?? evidence.watchedMs
  const lagBytes = lagSinceOffsetMoved(evidence, ageMs)
  if (ageMs < 3 * evidence.intervalMs || lagBytes === null || lagBytes <= 0n) return null
  return `the stored offset has not moved for ${timeInWords(ageMs)} though the log is ${lagBytes} bytes ahead of it`
}

/** A look from before the offset moved says nothing of it. */
function lagSinceOffsetMoved({ state, lookAgeMs }: VerdictEvidence, offsetAgeMs: number): bigint | null {
  return state === null || lookAgeMs === null || lookAgeMs > offsetAgeMs ? null : state.lagBytes
}

function flowingWhy({ changeAgeMs, intervalMs }: VerdictEvidence): string | null {
  if (changeAgeMs === null || changeAgeMs > intervalMs) return null
  return `a change was stored ${timeInWords(changeAgeMs)} ago`
}

function idleWhy(evidence: VerdictEvidence): string {
  const { changeAgeMs, watchedMs, pulse } = evidence
  return `${changeInWords(changeAgeMs, watchedMs)}; ${freshBy(pulse)}`
}

function changeInWords(changeAgeMs: number | null, watchedMs: number): string {
  if (changeAgeMs !== null) return `no change for ${timeInWords(changeAgeMs)}`
  // A single look, such as one from the command line, has watched for no time at all.
  return watchedMs > 0 ? `no change yet in ${timeInWords(watchedMs)}` : 'no change yet'
}

function freshBy(pulse: VerdictEvidence['pulse']): string {
  if (pulse === null) return 'the offset is fresh by progress alone: layer 2 is off'
  if (pulse.backAgeMs === null) return 'no pulse has come back yet'
  const { roundTripMs } = pulse
  if (roundTripMs === null) return `last pulse came by ${timeInWords(pulse.backAgeMs)} ago`
  return `last pulse came back in ${timeInWords(roundTripMs)}`
}

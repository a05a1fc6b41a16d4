import { ERROR_TABLE } from '../model/error-code.ts'
import { timeInWords } from '../model/figures.ts'
import type { LogState } from '../model/log-state.ts'
import type { Runway } from '../model/runway.ts'
import type { BrokenHop } from '../model/source-status.ts'
import { unreachable } from '../model/unreachable.ts'
import { VERDICTS, type Verdict, type VerdictName } from '../model/verdict.ts'
import { isLost } from './runway.ts'

/** The evidence for a verdict. Ages are durations by a clock that never goes backwards; null: it has not happened. */
export interface VerdictEvidence {
  /** The interval of layer 2, or of layer 1 where layer 2 is off. */
  readonly intervalMs: number
  /** How long the source has been watched. Something that has not happened counts as this old. */
  readonly watchedMs: number
  readonly stream: StreamEvidence
  /** The newest inspection that succeeded, and its age. */
  readonly state: LogState | null
  readonly inspectionAgeMs: number | null
  /** Since the stream last delivered a byte. */
  readonly byteAgeMs: number | null
  readonly runway: Runway
  readonly atRisk: AtRiskSettings
  /** null: layer 2 is off. */
  readonly pulse: { readonly backAgeMs: number | null; readonly roundTripMs: number | null } | null
  /** The hop at which layer 2 is broken; null: none is. */
  readonly broken: BrokenHop | null
  /** Since the stored offset last moved. */
  readonly offsetAgeMs: number | null
  /** Since a change of a watched table was last stored. */
  readonly changeAgeMs: number | null
}

/** Whether a connector runs for the source, and whether it is reading. */
export type StreamEvidence =
  | { readonly state: 'open' }
  /** A connector runs but has no stream: it has not opened one yet (`starting`), lost it (`broken`), or does not report (`silent`). */
  | {
      readonly state: 'starting' | 'broken' | 'silent'
      readonly ageMs: number
      /** What prevents the stream, with the error's code. */
      readonly cause: string | null
    }
  /** No connector runs. `why` is a clause: "the connector has failed: ...". */
  | { readonly state: 'stopped'; readonly why: string }

export interface AtRiskSettings {
  readonly runwayMs: number
  /** The used share of a limit; 0.8 is four fifths. */
  readonly usedRatio: number
}

/** Returns the first verdict that applies, with the evidence as text. */
export function verdictOf(evidence: VerdictEvidence): Verdict {
  return positionVerdict(evidence) ?? presentVerdict(evidence)
}

/**
 * The verdict on a source that has no stored offset. Nothing is retained yet, so nothing is at risk. The reason includes what prevents the
 * connector from starting.
 */
export function withoutOffset(judged: Verdict, { state, stream }: Pick<VerdictEvidence, 'state' | 'stream'>): Verdict {
  const refusal = refusalWhy(state)
  if (judged.name === 'lost' || (judged.name === 'at risk' && refusal === null)) return judged
  const reason = refusal === null ? '' : `, and its stream cannot be opened: ${refusal}`
  if (stream.state === 'stopped') return { name: 'stopped', why: `${stream.why}; no offset is stored yet${reason}` }
  return judged.name === 'at risk' ? { name: 'stale', why: `no offset is stored yet${reason}` } : judged
}

/** The verdict of inspections on the stored offset: lost, at risk, or null for neither. */
export function positionVerdict(evidence: VerdictEvidence): Verdict | null {
  const lost = lostWhy(evidence.state)
  if (lost !== null) return { name: 'lost', why: lost }
  const atRisk = atRiskWhy(evidence)
  return atRisk === null ? null : { name: 'at risk', why: withStopped(atRisk, evidence.stream) }
}

/** The current verdict from the connector, its stream and its heartbeats: any verdict other than lost and at risk. */
export function presentVerdict(evidence: VerdictEvidence): Verdict {
  for (const name of VERDICTS) {
    const why = whyOf(name, evidence)
    if (why !== null) return { name, why }
  }
  return { name: 'idle', why: idleWhy(evidence) }
}

/** Returns null when the verdict does not apply, or is about the position (lost, at risk). */
function whyOf(name: VerdictName, evidence: VerdictEvidence): string | null {
  switch (name) {
    case 'lost':
    case 'at risk':
      return null
    case 'stopped':
      return stoppedWhy(evidence)
    case 'blind':
      return blindWhy(evidence)
    case 'stale':
      return staleStreamWhy(evidence) ?? heldUp(stalePulseWhy(evidence) ?? staleOffsetWhy(evidence), evidence)
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

/** Why the stream cannot be opened; null: nothing prevents it. */
export function refusalWhy(state: LogState | null): string | null {
  if (state?.resume.can !== 'no') return null
  const { code } = state.resume
  return `${code}: ${ERROR_TABLE[code].summary}`
}

function atRiskWhy({ state, runway, atRisk, stream }: VerdictEvidence): string | null {
  const refusal = refusalWhy(state)
  if (refusal !== null) {
    return `${stream.state === 'open' ? 'if the stream breaks, it cannot be reopened' : 'the stream cannot be opened'}: ${refusal}`
  }
  for (const clock of [...runway.clocks, { name: 'the runway', ends: null, ...runway }]) {
    const { name, ends, seconds, because } = clock
    if (seconds === null || seconds * 1000 >= atRisk.runwayMs) continue
    const event = ends === 'disk full' ? 'full' : 'used up'
    const when = seconds === 0 ? `is ${event}` : `will be ${event} in about ${timeInWords(seconds * 1000)}`
    return `${name} ${when} (threshold ${timeInWords(atRisk.runwayMs)}): ${because.join('; ')}`
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
  const blocker = state.blockers.find(({ holds }) => holds === 'log')
  if (blocker === undefined || runway.clocks.some(({ seconds }) => seconds !== null)) return null
  const since = blocker.sinceMs === null ? '' : ` since ${new Date(blocker.sinceMs).toISOString()}`
  return `${blocker.kind} ${blocker.name} retains the log${since}, and how much room is left is not known`
}

/** Adds that no connector runs to a verdict that takes precedence over `stopped`. */
function withStopped(why: string, stream: StreamEvidence): string {
  return stream.state === 'stopped' ? `${why}; ${stream.why}` : why
}

function stoppedWhy({ stream, runway }: VerdictEvidence): string | null {
  return stream.state === 'stopped' ? `${stream.why}; ${pauseInWords(runway)}` : null
}

/** The reason from the `why` of `stopped`, without the time that it can stay stopped. */
export function reasonOfStop(why: string): string {
  const end = why.lastIndexOf('; ')
  return end === -1 ? why : why.slice(0, end)
}

/** How long the connector can stay stopped. */
function pauseInWords(runway: Runway): string {
  const { seconds, kind } = runway
  if (kind === 'unbounded') return 'it can stay stopped until the disk is full, whose size is not known'
  if (seconds === null) return 'how long it can stay stopped is not known'
  const ends = runway.clocks.find((clock) => clock.seconds === seconds)?.ends ?? 'offset lost'
  const until = ends === 'disk full' ? 'before the disk is full' : 'before the offset is lost'
  return `it can stay stopped for ${kind === 'at least' ? 'at least' : 'about'} ${timeInWords(seconds * 1000)} ${until}`
}

function blindWhy(evidence: VerdictEvidence): string | null {
  const inspectionAgeMs = evidence.inspectionAgeMs ?? evidence.watchedMs
  const byteAgeMs = evidence.byteAgeMs ?? evidence.watchedMs
  if (Math.min(inspectionAgeMs, byteAgeMs) < 3 * evidence.intervalMs) return null
  const inspection =
    evidence.inspectionAgeMs === null
      ? 'no inspection of the database has succeeded'
      : `the database was last inspected ${timeInWords(inspectionAgeMs)} ago`
  const byte =
    evidence.byteAgeMs === null
      ? 'the stream has received nothing'
      : `the stream last received something ${timeInWords(byteAgeMs)} ago`
  return `${inspection}, and ${byte}${causeOf(evidence.stream)}`
}

function causeOf(stream: StreamEvidence): string {
  return 'cause' in stream && stream.cause !== null ? ` (${stream.cause})` : ''
}

function staleStreamWhy({ stream }: VerdictEvidence): string | null {
  if (stream.state === 'open' || stream.state === 'stopped') return null
  const age = timeInWords(stream.ageMs)
  switch (stream.state) {
    case 'starting':
      return stream.cause === null
        ? `the connector started ${age} ago and has no stream yet`
        : `the connector has had no stream since it started ${age} ago, and is retrying${causeOf(stream)}`
    case 'broken':
      return `the stream has been down for ${age}, and the connector is retrying${causeOf(stream)}`
    case 'silent':
      return `the connector has not reported for ${age}${causeOf(stream)}`
    default:
      return unreachable(stream)
  }
}

function stalePulseWhy({ pulse, watchedMs, intervalMs, broken }: VerdictEvidence): string | null {
  if (pulse === null) return null
  const ageMs = pulse.backAgeMs ?? watchedMs
  if (ageMs <= 3 * intervalMs) return null
  const late =
    pulse.backAgeMs === null
      ? `no pulse has come back in ${timeInWords(ageMs)}`
      : `the last pulse came back ${timeInWords(ageMs)} ago, more than three intervals of ${timeInWords(intervalMs)}`
  return broken === null ? late : `${late}: ${broken.found} (${broken.code})`
}

function staleOffsetWhy(evidence: VerdictEvidence): string | null {
  const ageMs = evidence.offsetAgeMs ?? evidence.watchedMs
  const state = stateSinceOffsetMoved(evidence, ageMs)
  if (ageMs < 3 * evidence.intervalMs || state?.behind !== 'yes') return null
  return `the stored offset has not moved for ${timeInWords(ageMs)} though the log ${lagInWords(state)}`
}

/** Adds what the stream waits for. */
function heldUp(why: string | null, { state }: VerdictEvidence): string | null {
  const by = state?.blockers.filter(({ holds }) => holds === 'stream').map(({ kind, name }) => `${kind} ${name}`) ?? []
  return why === null || by.length === 0 ? why : `${why}; the stream is held up by ${by.join(', ')}`
}

function lagInWords({ lagBytes, lagMs }: LogState): string {
  if (lagBytes !== null) return `is ${lagBytes} bytes ahead of it`
  return lagMs === null ? 'has grown since' : `is ${timeInWords(lagMs)} ahead of it`
}

/** Ignores an inspection that was made before the offset moved. */
function stateSinceOffsetMoved({ state, inspectionAgeMs }: VerdictEvidence, offsetAgeMs: number): LogState | null {
  return inspectionAgeMs === null || inspectionAgeMs > offsetAgeMs ? null : state
}

function flowingWhy({ changeAgeMs, intervalMs }: VerdictEvidence): string | null {
  if (changeAgeMs === null || changeAgeMs > intervalMs) return null
  return `a change was stored ${timeInWords(changeAgeMs)} ago`
}

function idleWhy({ changeAgeMs, watchedMs, pulse }: VerdictEvidence): string {
  if (changeAgeMs === null && pulse?.backAgeMs === null) return 'started; waiting for the first heartbeat'
  return `${changeInWords(changeAgeMs, watchedMs)}; ${freshBy(pulse)}`
}

function changeInWords(changeAgeMs: number | null, watchedMs: number): string {
  return changeAgeMs === null
    ? `no change yet in ${timeInWords(watchedMs)}`
    : `no change for ${timeInWords(changeAgeMs)}`
}

function freshBy(pulse: VerdictEvidence['pulse']): string {
  if (pulse === null) return 'the offset advances by progress alone: layer 2 is off'
  if (pulse.backAgeMs === null) return 'waiting for the first heartbeat'
  const { roundTripMs } = pulse
  if (roundTripMs === null) return `the last pulse was seen ${timeInWords(pulse.backAgeMs)} ago`
  return `last pulse came back in ${timeInWords(roundTripMs)}`
}

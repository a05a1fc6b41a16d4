import { type SteadyVerdict, steadyVerdict } from '../health/steady-verdict.ts'
import {
  positionVerdict,
  presentVerdict,
  type StreamEvidence,
  type VerdictEvidence,
  withoutOffset,
} from '../health/verdict.ts'
import type { OffbeatError } from '../model/error.ts'
import { isHealthy, type Verdict } from '../model/verdict.ts'

/** The input of a verdict at one moment. */
export interface Judged {
  readonly evidence: VerdictEvidence
  /** An offset is stored. */
  readonly hasOffset: boolean
}

/**
 * The verdict, computed from the evidence at the time of the request, so that it never contradicts the facts shown with it. Only what
 * inspections report about the position (lost, at risk) has to be confirmed by a second inspection.
 */
export class VerdictKeeper {
  readonly #now: () => Judged
  readonly #changed: (verdict: Verdict, before: Verdict | null) => void
  /** The verdict on the position, confirmed by two inspections. */
  #position: SteadyVerdict | null = null
  /** Set if the stream ended because its position is lost. */
  #lost: Verdict | null = null
  #verdict: Verdict | null = null

  /** `changed` is called when the verdict's name differs from the previous one. */
  constructor(now: () => Judged, changed: (verdict: Verdict, before: Verdict | null) => void) {
    this.#now = now
    this.#changed = changed
  }

  /** The last verdict; null: nothing is known yet. */
  get verdict(): Verdict | null {
    return this.#verdict
  }

  get lost(): Verdict | null {
    return this.#lost
  }

  /** Call it once after each inspection, including a failed one. */
  inspected(): void {
    this.#position = steadyVerdict(this.#position, positionVerdict(this.#now().evidence))
  }

  /** The stream has ended with this error. */
  ended({ kind, code, message }: OffbeatError): void {
    if (kind === 'lost position') this.#lost = { name: 'lost', why: `${code}: ${message}` }
  }

  /** The current verdict; null: nothing is known yet. */
  judge(): Verdict | null {
    const before = this.#verdict
    const verdict = this.#lost ?? this.#judged()
    if (verdict === null) return before
    this.#verdict = verdict
    if (verdict.name !== before?.name) this.#changed(verdict, before)
    return verdict
  }

  #judged(): Verdict | null {
    const { evidence, hasOffset } = this.#now()
    const position = positionNow(this.#position?.verdict ?? null, positionVerdict(evidence))
    const judged = position ?? firstVerdict(presentVerdict(evidence), evidence, hasOffset)
    return judged === null || hasOffset ? judged : withoutOffset(judged, evidence)
  }
}

/**
 * While no offset is stored or nothing is known yet, the source cannot be called idle. If there is no offset after three intervals, that is
 * a fault of its own. If nothing is known for that long, the verdict is `blind` anyway.
 */
function firstVerdict(
  verdict: Verdict,
  { stream, watchedMs, intervalMs }: VerdictEvidence,
  hasOffset: boolean,
): Verdict | null {
  if (verdict.name === 'stopped' || verdict.name === 'blind') return verdict
  const known = hasOffset && stream.state !== 'starting'
  if (!known && !isFailing(stream) && watchedMs < 3 * intervalMs) return null
  return hasOffset ? verdict : noOffset(verdict)
}

function isFailing(stream: StreamEvidence): boolean {
  return 'cause' in stream && stream.cause !== null
}

/** The confirmed verdict on the position, with the newest reason. If the last inspection contradicts it, the next one decides. */
function positionNow(steady: Verdict | null, newest: Verdict | null): Verdict | null {
  if (steady === null) return null
  if (newest?.name === steady.name) return newest
  return { ...steady, why: `${steady.why}; the last inspection did not confirm this, and the next one decides` }
}

function noOffset(verdict: Verdict): Verdict {
  return verdict.name === 'stale' ? verdict : { name: 'stale', why: 'no offset has been stored yet' }
}

/** Normal verdicts are logged at debug level. So is `stopped`, because the run itself logs it with its reason. */
export function levelOf(verdict: Verdict, before: Verdict | null): 'debug' | 'info' | 'warn' {
  if (verdict.name === 'stopped') return 'debug'
  if (!isHealthy(verdict.name)) return 'warn'
  return before !== null && isHealthy(before.name) ? 'debug' : 'info'
}

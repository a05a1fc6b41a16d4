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

/** What a verdict is judged by at one moment. */
export interface Judged {
  readonly evidence: VerdictEvidence
  /** An offset is stored. */
  readonly hasOffset: boolean
}

/**
 * The verdict, made from the evidence of the moment in which it is asked for, so that it never contradicts the facts beside it. Only what
 * inspections say of the position (lost, at risk) has to be confirmed by a second one.
 */
export class VerdictKeeper {
  readonly #now: () => Judged
  readonly #changed: (verdict: Verdict, before: Verdict | null) => void
  /** What inspections say of the position. */
  #position: SteadyVerdict | null = null
  /** The stream has ended because its position is lost. */
  #lost: Verdict | null = null
  #verdict: Verdict | null = null

  /** `changed`: the verdict has another name than before. */
  constructor(now: () => Judged, changed: (verdict: Verdict, before: Verdict | null) => void) {
    this.#now = now
    this.#changed = changed
  }

  /** As it was last judged; null: nothing is known yet. */
  get verdict(): Verdict | null {
    return this.#verdict
  }

  get lost(): Verdict | null {
    return this.#lost
  }

  /** To be called once for each inspection, failed ones too. */
  inspected(): void {
    this.#position = steadyVerdict(this.#position, positionVerdict(this.#now().evidence))
  }

  /** The stream has ended with this error. */
  ended({ kind, code, message }: OffbeatError): void {
    if (kind === 'lost position') this.#lost = { name: 'lost', why: `${code}: ${message}` }
  }

  /** The verdict at this moment; null: nothing is known yet. */
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
 * While no offset is stored, or nothing has been learned yet, there is nothing to be called idle. No offset after three intervals is a
 * fault of its own; nothing learned for that long is `blind` anyway.
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

/** What stands of the position, with the newest reason. An inspection that says otherwise has to be confirmed. */
function positionNow(steady: Verdict | null, newest: Verdict | null): Verdict | null {
  if (steady === null) return null
  if (newest?.name === steady.name) return newest
  return { ...steady, why: `${steady.why}; the last inspection did not confirm this, and the next one decides` }
}

function noOffset(verdict: Verdict): Verdict {
  return verdict.name === 'stale' ? verdict : { name: 'stale', why: 'no offset has been stored yet' }
}

/** What is normal is logged for those who debug, and so is `stopped`, which the run itself logs with its reason. */
export function levelOf(verdict: Verdict, before: Verdict | null): 'debug' | 'info' | 'warn' {
  if (verdict.name === 'stopped') return 'debug'
  if (!isHealthy(verdict.name)) return 'warn'
  return before !== null && isHealthy(before.name) ? 'debug' : 'info'
}

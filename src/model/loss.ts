import { type Fix, fixDocument, forPerson } from './fix.ts'
import type { JsonObject } from './json.ts'

/** What a person needs to decide what to do about a lost position: the evidence, what is missing, and the choices. */
export interface Loss {
  /** The proof of the loss, in display order. */
  readonly evidence: readonly { readonly name: string; readonly value: string }[]
  readonly missing: Missing
  /** Choices that lose nothing come first. Each one is sufficient by itself. */
  readonly choices: readonly Choice[]
}

/** The part of the log that is not delivered unless it is found elsewhere. */
export interface Missing {
  /** One sentence for people. */
  readonly words: string
  /** Everything up to here is delivered. The text that can be pasted. */
  readonly from: string
  /** `from` in the short form that people read. */
  readonly fromShort: string
  /** Where reading could begin again on this server; null: only where a new start is made. */
  readonly until: string | null
  /** When the last position before the gap was stored. */
  readonly storedMs: number
  /** A time of `from` itself. null: none is known, since an operator set it. */
  readonly sinceMs: number | null
  /** Bytes of log between `from` and `until`, or up to now; null where this server's log does not show it. */
  readonly bytes: number | null
}

export interface Choice {
  readonly what: string
  /** What the choice loses, or the condition it depends on. */
  readonly cost: string
  readonly run: readonly Fix[]
}

/** The form of the loss for `--json`. */
export function lossDocument(loss: Loss): JsonObject {
  const { words, from, until, sinceMs, bytes } = loss.missing
  return {
    evidence: loss.evidence.map(({ name, value }) => ({ name, value })),
    missing: { words, from, until, since: sinceMs === null ? null : new Date(sinceMs).toISOString(), bytes },
    choices: loss.choices.map(({ what, cost, run }) => ({
      what,
      cost,
      run: run.map((fix) => fixDocument(fix)),
    })),
  }
}

/** The choices as an error's fix. Each begins with a line that says what it is and what it costs. */
export function lossFix(loss: Loss): readonly Fix[] {
  return loss.choices.flatMap(({ what, cost, run }) => [forPerson(`${what}: ${cost}`), ...run])
}

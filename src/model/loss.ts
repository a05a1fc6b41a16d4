import { type Fix, fixDocument, forPerson } from './fix.ts'
import type { JsonObject } from './json.ts'

/** What a person needs in order to decide what to do about a lost position: what it is known by, what is missing, what can be done. */
export interface Loss {
  /** What proves it, in the order to be shown. */
  readonly evidence: readonly { readonly name: string; readonly value: string }[]
  readonly missing: Missing
  /** Those that lose nothing first. Each is enough by itself. */
  readonly choices: readonly Choice[]
}

/** The piece of the log that is not delivered unless it is found elsewhere. */
export interface Missing {
  /** One sentence for people. */
  readonly words: string
  /** Everything up to there is delivered. */
  readonly from: string
  /** Where reading could begin again on this server; null: only where a new start is made. */
  readonly until: string | null
  /** When the last thing before it was stored. */
  readonly sinceMs: number
  /** Bytes of log between `from` and `until`, or so far; null where this server's log says nothing of it. */
  readonly bytes: number | null
}

export interface Choice {
  readonly what: string
  /** What is lost by it, or must be true for it. */
  readonly cost: string
  readonly run: readonly Fix[]
}

/** The loss as `--json` has it. */
export function lossDocument(loss: Loss): JsonObject {
  const { words, from, until, sinceMs, bytes } = loss.missing
  return {
    evidence: loss.evidence.map(({ name, value }) => ({ name, value })),
    missing: { words, from, until, since: new Date(sinceMs).toISOString(), bytes },
    choices: loss.choices.map(({ what, cost, run }) => ({
      what,
      cost,
      run: run.map((fix) => fixDocument(fix)),
    })),
  }
}

/** The choices as an error's fix: each is headed by what it is and costs. */
export function lossFix(loss: Loss): readonly Fix[] {
  return loss.choices.flatMap(({ what, cost, run }) => [forPerson(`${what}: ${cost}`), ...run])
}

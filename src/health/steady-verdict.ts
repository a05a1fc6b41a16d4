import type { Verdict } from '../model/verdict.ts'

/** The result of inspections for the position (null: neither lost nor at risk). It stays until inspections confirm a different one. */
export interface SteadyVerdict {
  readonly verdict: Verdict | null
  /** What the last inspection found instead, and how many in a row differed from the verdict. */
  readonly doubt: { readonly verdict: Verdict | null; readonly looks: number } | null
}

/**
 * Adds one inspection. Call it once for each, including failed ones. Two in a row that agree replace the verdict. If every inspection
 * differed from the one before, none would ever be confirmed, so the third in a row decides.
 */
export function steadyVerdict(before: SteadyVerdict | null, look: Verdict | null): SteadyVerdict {
  if (before === null || before.verdict?.name === look?.name) return { verdict: look, doubt: null }
  const looks = (before.doubt?.looks ?? 0) + 1
  const agree = before.doubt !== null && before.doubt.verdict?.name === look?.name
  if (agree || looks >= 3) return { verdict: look, doubt: null }
  return { verdict: before.verdict, doubt: { verdict: look, looks } }
}

import type { Verdict } from '../model/verdict.ts'

/** The result of inspections for the position (null: neither lost nor at risk). It stays until inspections confirm a different one. */
export interface SteadyVerdict {
  readonly verdict: Verdict | null
  /** What the last inspection found instead, and how many in a row differed from the verdict. */
  readonly doubt: { readonly verdict: Verdict | null; readonly differing: number } | null
}

/**
 * Adds one inspection. Call it once for each, including failed ones. Two in a row that agree replace the verdict. If every inspection
 * differed from the one before, none would ever be confirmed, so the third in a row decides.
 */
export function steadyVerdict(before: SteadyVerdict | null, next: Verdict | null): SteadyVerdict {
  if (before === null || before.verdict?.name === next?.name) return { verdict: next, doubt: null }
  const differing = (before.doubt?.differing ?? 0) + 1
  const agree = before.doubt !== null && before.doubt.verdict?.name === next?.name
  if (agree || differing >= 3) return { verdict: next, doubt: null }
  return { verdict: before.verdict, doubt: { verdict: next, differing } }
}

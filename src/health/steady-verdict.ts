import type { Verdict } from '../model/verdict.ts'

/** What inspections say of the position (null: neither lost nor at risk), which stands until two of them agree on something else. */
export interface SteadyVerdict {
  readonly verdict: Verdict | null
  /** What the last inspections said instead, and how many in a row said something other than the verdict. */
  readonly doubt: { readonly verdict: Verdict | null; readonly looks: number } | null
}

/**
 * One more inspection. To be called once for each, failed ones too. If each said something else, none would ever confirm another, so
 * the third in a row decides.
 */
export function steadyVerdict(before: SteadyVerdict | null, look: Verdict | null): SteadyVerdict {
  if (before === null || before.verdict?.name === look?.name) return { verdict: look, doubt: null }
  const looks = (before.doubt?.looks ?? 0) + 1
  const agree = before.doubt !== null && before.doubt.verdict?.name === look?.name
  if (agree || looks >= 3) return { verdict: look, doubt: null }
  return { verdict: before.verdict, doubt: { verdict: look, looks } }
}

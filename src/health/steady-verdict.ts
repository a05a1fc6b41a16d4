import type { Verdict } from '../model/verdict.ts'

/** A verdict that stands until two looks agree on another one. */
export interface SteadyVerdict {
  readonly verdict: Verdict
  /** What the last looks said instead, and how many of them in a row said something other than the verdict. */
  readonly doubt: { readonly verdict: Verdict; readonly looks: number } | null
}

/**
 * One more look. To be called once a look, failed ones too, not more often. Looks that say something else each time would hold a
 * verdict for ever that none of them confirms, so the third of them in a row decides.
 */
export function steadyVerdict(before: SteadyVerdict | null, look: Verdict): SteadyVerdict {
  if (before === null || before.verdict.name === look.name) return { verdict: look, doubt: null }
  const looks = (before.doubt?.looks ?? 0) + 1
  const agree = before.doubt?.verdict.name === look.name
  if (agree || looks >= 3) return { verdict: look, doubt: null }
  return { verdict: before.verdict, doubt: { verdict: look, looks } }
}

import type { StatementFix } from '../model/fix.ts'
import type { CheckFix } from '../sources/check.ts'
import type { Examination } from './examination.ts'

interface Planned {
  /** The id of the check that proposed the fix. */
  readonly check: string
}

/** A statement that `--fix` runs in the administrator's session. */
export type AutomaticFix = StatementFix & Planned
export type ManualFix = CheckFix & Planned

export interface FixPlan {
  /** What can be run without a person's decision, each statement once, in the order to run them. */
  readonly run: readonly AutomaticFix[]
  /** What a person must run or decide. `manualBecause` says why. */
  readonly manual: readonly ManualFix[]
}

/** `done`: the statements that were already run in this call; they are not run again. */
export function planFixes({ findings }: Examination, done: ReadonlySet<string> = new Set()): FixPlan {
  const seen = new Set(done)
  const run: AutomaticFix[] = []
  const manual: ManualFix[] = []
  for (const { id, fix } of findings) {
    for (const each of fix) {
      if (each.manualBecause !== null || each.in !== 'database') manual.push({ ...each, check: id })
      else if (!seen.has(fixKey(each))) {
        seen.add(fixKey(each))
        const { manualBecause: _, ...statement } = each
        run.push({ ...statement, check: id })
      }
    }
  }
  return { run, manual }
}

/** The same statement in another database counts as a different one. */
export function fixKey({ at, text }: StatementFix): string {
  return JSON.stringify([at, text])
}

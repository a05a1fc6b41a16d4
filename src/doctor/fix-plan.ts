import type { StatementFix } from '../model/fix.ts'
import type { CheckFix } from '../sources/check.ts'
import type { Examination } from './examination.ts'

interface Planned {
  /** The check that asks for it. */
  readonly check: string
}

/** A statement that `--fix` runs over the administrator's session. */
export type AutomaticFix = StatementFix & Planned
export type ManualFix = CheckFix & Planned

export interface FixPlan {
  /** What may be run without a person's choice, each statement once, in the order to be run. */
  readonly run: readonly AutomaticFix[]
  /** What a person must run or decide, with why in `manualBecause`. */
  readonly manual: readonly ManualFix[]
}

/** `done`: what was run already in this call; it is not run a second time. */
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

/** A statement is another one in another database. */
export function fixKey({ at, text }: StatementFix): string {
  return JSON.stringify([at, text])
}

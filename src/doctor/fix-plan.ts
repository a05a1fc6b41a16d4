import type { CheckFix } from '../sources/check.ts'
import type { Examination } from './examination.ts'

export interface PlannedFix extends CheckFix {
  /** The check that asks for it. */
  readonly check: string
}

export interface FixPlan {
  /** What may be run without a person's choice, each statement once, in the order to be run. */
  readonly run: readonly PlannedFix[]
  /** What a person must run or decide, with why in `left`. */
  readonly left: readonly PlannedFix[]
}

/** `done`: what was run already in this call; it is not run a second time. */
export function planFixes({ findings }: Examination, done: ReadonlySet<string> = new Set()): FixPlan {
  const seen = new Set(done)
  const run: PlannedFix[] = []
  const left: PlannedFix[] = []
  for (const { id, fix } of findings) {
    for (const each of fix) {
      if (each.left !== null || each.database === null) left.push({ ...each, check: id })
      else if (!seen.has(fixKey(each))) {
        seen.add(fixKey(each))
        run.push({ ...each, check: id })
      }
    }
  }
  return { run, left }
}

/** A statement is another one in another database. */
export function fixKey({ database, run }: CheckFix): string {
  return `${database} ${run}`
}

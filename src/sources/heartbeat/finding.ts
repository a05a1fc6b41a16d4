import type { Fix } from '../../model/fix.ts'
import { type CheckFix, type CheckResult, finding, manual, SOMEBODYS } from '../check.ts'
import type { HeartbeatEvidence } from './facts.ts'

const ON_PURPOSE = 'it may be there on purpose'

/** A fix that `doctor --fix` can run. */
export function automatic(fix: Fix): CheckFix {
  return { ...fix, manualBecause: null }
}

/** Whether the mode updates a row. */
export function usesTable({ mode }: Pick<HeartbeatEvidence, 'mode'>): boolean {
  return mode === 'table' || mode === 'job'
}

/** For a row that does not change: who locks it. null: no lock is seen. `found`: the state of the row. */
export function lockFinding({ heartbeat, fixes, words }: HeartbeatEvidence, found: string): CheckResult | null {
  if (heartbeat.lockedBy === null) return null
  return finding('fail', 'HEARTBEAT_SLOW', {
    found: `${found}; it is ${heartbeat.lockedBy}`,
    expected: `a ${words.row} that is not locked for long`,
    fix: fixes.unlock().map((fix) => manual(fix, SOMEBODYS)),
  })
}

/** For a row that does not change: what suppresses its updates. null: nothing is seen that could. */
export function suppressionFinding({ heartbeat, fixes }: HeartbeatEvidence, found: string): CheckResult | null {
  if (heartbeat.suppressedBy === null) return null
  return finding('fail', 'HEARTBEAT_SUPPRESSED', {
    found: `${found}; ${heartbeat.suppressedBy.words}`,
    expected: heartbeat.suppressedBy.expected,
    fix: fixes.letThrough().map((fix) => manual(fix, ON_PURPOSE)),
  })
}

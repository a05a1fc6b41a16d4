import type { CheckResult } from '../../check.ts'
import { holdersInWords, lockFix, suppressionFix, suppressionInWords } from '../beat/heartbeat-obstacle.ts'
import type { Evidence, JobEvidence } from './evidence/evidence.ts'
import { finding, fixOf, SOMEBODYS } from './finding.ts'

/** Of a row that does not change: who locks it. null: nobody is seen. `found`: how the row is. */
export function lockFinding(evidence: JobEvidence, found: string): CheckResult | null {
  const holders = evidence.heartbeat.obstacles?.holders ?? []
  const words = holdersInWords(holders)
  if (words === null) return null
  return finding('fail', 'HEARTBEAT_SLOW', {
    found: `${found}; it is ${words}`,
    expected: 'a row that is not locked for long',
    fix: lockFix(holders, evidence.config.connection.database).map((each) => fixOf(evidence, each, SOMEBODYS)),
  })
}

/** What turns its updates into nothing. null: nothing is seen that could. */
export function suppressionFinding(evidence: Evidence, found: string): CheckResult | null {
  const { obstacles } = evidence.heartbeat
  const words = obstacles === null ? null : suppressionInWords(obstacles)
  if (obstacles === null || words === null) return null
  return finding('fail', 'HEARTBEAT_SUPPRESSED', {
    found: `${found}; ${words}`,
    expected: 'no trigger, rule or row-level security that keeps the row from being written',
    fix: suppressionFix(evidence.config, evidence.role.name, obstacles).map((each) =>
      fixOf(evidence, each, ON_PURPOSE),
    ),
  })
}

const ON_PURPOSE = 'it may be there on purpose'

import type { DataWords } from '../../model/data-words.ts'
import { type Fix, forPerson, inShell } from '../../model/fix.ts'
import { type Check, type CheckFinding, type CheckResult, findingsOf } from '../check.ts'
import type { Silence } from '../source.ts'
import type { HeartbeatEvidence } from './facts.ts'
import { lockFinding } from './finding.ts'
import { jobActiveCheck, jobCheck, jobDatabaseCheck, jobRowCheck, jobScheduleCheck } from './job-check.ts'
import { jobRunCheck } from './job-run-check.ts'
import { schedulerCheck } from './scheduler-check.ts'

export interface OutsideJob {
  /** The heartbeat table, as statements name it. */
  readonly table: string
  readonly words: DataWords
  /** The source's name in the configuration. */
  readonly source: string
  /** What else to check of the job. Absent: nothing. */
  readonly outsideJob?: readonly Fix[]
}

/** The only visible sign of a job outside the database is the row that it updates. */
export function outsideStandsStill({ table, words, source, outsideJob = [] }: OutsideJob): Silence {
  return {
    found: `the ${words.row} in ${table} does not change: the job outside the database does not run, or it fails`,
    fix: [
      inShell(`offbeat beat ${source}`, { note: 'what the job runs; it shows why a heartbeat fails' }),
      ...outsideJob,
    ],
  }
}

/**
 * In the order of the chain: the first broken link makes the later checks meaningless. The schedule is last, because how often a job runs
 * matters only if it runs.
 */
const JOB_CHECKS: readonly Check<HeartbeatEvidence>[] = [
  schedulerCheck,
  jobCheck,
  jobActiveCheck,
  jobDatabaseCheck,
  jobRowCheck,
  jobRunCheck,
  jobScheduleCheck,
]

/** For a row that does not change on the server that is read: the cause, from the checks of the scheduler and its jobs. */
export function standsStill(evidence: HeartbeatEvidence): Silence {
  const { heartbeat, fixes, words } = evidence
  const still = `the ${words.row} in ${heartbeat.name} does not change on the server that is read`
  const locked = lockFinding(evidence, still)
  if (locked !== null) return { found: `${locked.found} (${locked.code})`, fix: onPrimary(locked) }
  const findings = findingsOf(JOB_CHECKS, evidence)
  const broken = findings.find(({ status }) => status === 'fail')
  if (broken !== undefined) return { found: `${still}: ${inWords(broken)}`, fix: onPrimary(broken) }
  const runs = fixes.checkJob()
  const unknown = `${still}: the job does not run, or its changes are not replicated to here`
  const hidden = findings.find(({ status }) => status === 'skip')
  if (hidden === undefined)
    return {
      found: [unknown, ...findings.filter(({ id }) => id === jobRunCheck.id).map(inWords)].join('; '),
      fix: runs,
    }
  const needs = hidden.fix.length > 0 ? onPrimary(hidden) : [forPerson(`configure ${hidden.expected}`)]
  return { found: `${unknown}; ${inWords(hidden)}`, fix: [...needs, ...runs] }
}

/**
 * For a primary that has had a different row for longer than the time between two inspections. `replication`: the check of replication on
 * the replica. If it is null or ok, no fault was seen, and `check` has statements that show more.
 */
export function notReplicated(
  { heartbeat, replicaWord, words }: HeartbeatEvidence,
  replication: CheckResult | null,
  check: readonly Fix[],
): Silence {
  const found = `the ${words.row} in ${heartbeat.name} changes on the primary and not on the ${replicaWord} that is read`
  if (replication === null || replication.status === 'ok')
    return { found: `${found}: changes of the primary arrive late or not at all`, fix: check }
  return { found: `${found}: ${inWords(replication)}`, fix: withoutReasons(replication) }
}

function inWords({ found, code }: CheckFinding | CheckResult): string {
  return code === null ? found : `${found} (${code})`
}

function onPrimary({ fix }: Pick<CheckResult, 'fix'>): readonly Fix[] {
  return withoutReasons({ fix }).map((each) =>
    each.in === 'database' ? { ...each, by: `${each.by}, on the primary` } : each,
  )
}

function withoutReasons({ fix }: Pick<CheckResult, 'fix'>): readonly Fix[] {
  return fix.map(({ manualBecause: _, ...each }) => each)
}

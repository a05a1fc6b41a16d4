import { failedBy } from '../../../doctor/checks/finding.ts'
import { type Fix, located } from '../../../model/fix.ts'
import { type Check, type CheckFix, well } from '../../check.ts'
import type { Evidence } from './evidence/evidence.ts'
import { fixOf } from './finding.ts'

/** Errors that other checks report with a fix: a missing privilege, and no free WAL sender. */
const FOUND_ELSEWHERE: readonly string[] = ['POSTGRES_REPLICATION_DENIED', 'DATABASE_TOO_MANY_CONNECTIONS']

const REFUSED = 'the server does not accept the replication connection'
const ONE_OF_SEVERAL = 'it is one of several ways'

export const replicationConnectionCheck: Check<Evidence> = {
  id: 'postgresql.replication-connection',
  symptom: null,
  title: 'a replication connection',
  codes: ['POSTGRES_POOLER'],
  run(evidence) {
    const { replication } = evidence
    if (replication === null) return well('it can be opened', 'a server that accepts replication connections')
    if (FOUND_ELSEWHERE.includes(replication.code)) return null
    const first = replication.fix.findIndex((fix) => fix.in === 'alternative')
    const firstWay = first < 0 ? replication.fix : replication.fix.slice(0, first)
    return failedBy(replication, (fix) => toFix(evidence, fix, firstWay.includes(fix)))
  },
}

/**
 * An administrator's session can run statements that change something. A person must choose between alternatives and run everything else.
 */
function toFix(evidence: Evidence, fix: Fix, isFirstWay: boolean): CheckFix {
  if (!changes(fix)) return fixOf(evidence, fix, REFUSED)
  if (!isFirstWay) return fixOf(evidence, fix, ONE_OF_SEVERAL)
  return { ...located(fix, evidence.config.connection.database), manualBecause: null }
}

function changes(fix: Fix): boolean {
  return fix.in === 'database' && fix.reads !== true
}

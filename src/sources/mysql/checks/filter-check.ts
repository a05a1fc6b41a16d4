import type { Check } from '../../check.ts'
import { logFilterResult, replicationFilterResult } from '../beat/replication/filter-result.ts'
import type { QualifiedName } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import { heartbeatOf, watchedOf } from './watched.ts'

/** The tables that a rule must not leave out. */
function tablesOf(evidence: Evidence): readonly QualifiedName[] {
  return [...heartbeatOf(evidence), ...watchedOf(evidence)]
}

export const logFilterCheck: Check<Evidence> = {
  id: 'log-filters',
  symptom: 4,
  title: 'filters of the binary log',
  codes: ['MYSQL_LOG_FILTERED'],
  run: (evidence) => logFilterResult(evidence.logFilters, tablesOf(evidence)),
}

export const replicationFilterCheck: Check<Evidence> = {
  id: 'replication-filters',
  symptom: 4,
  title: 'filters of the replication to the server that is read',
  codes: ['MYSQL_REPLICATION_FILTERED'],
  run: (evidence) => replicationFilterResult(evidence, tablesOf(evidence)),
}

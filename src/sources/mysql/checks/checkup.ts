import { heartbeatChecks } from '../../../doctor/checks/heartbeat-checks.ts'
import { patternCheck } from '../../../doctor/checks/pattern-check.ts'
import { type Check, type Checkup, checkupOf } from '../../check.ts'
import { heartbeatEvidence } from '../beat/heartbeat-facts.ts'
import { MYSQL_DEFAULTS, type MysqlConfig, type MysqlKind } from '../config.ts'
import { hiddenTable } from '../tables/hidden-table.ts'
import { type Evidence, gatherEvidence } from './evidence/evidence.ts'
import { logFilterCheck, replicationFilterCheck } from './filter-check.ts'
import { replicationGrantCheck, watchedGrantCheck } from './grant-check.ts'
import { positionCheck } from './position-check.ts'
import { replicaLogCheck, replicationCheck } from './replica-check.ts'
import { retentionCheck } from './retention-check.ts'
import { serverIdCheck } from './server-id-check.ts'
import {
  checksumCheck,
  formatCheck,
  gtidCheck,
  logCheck,
  rowImageCheck,
  rowMetadataCheck,
  rowOptionsCheck,
} from './setting-check.ts'
import { sightCheck } from './sight-check.ts'
import { cascadeCheck, engineCheck, keyCheck } from './table-check.ts'

/** In the order of the symptoms. First come the checks whose failure makes all others meaningless. */
export function mysqlChecks(kind: MysqlKind): readonly Check<Evidence>[] {
  const own = (check: Check<Evidence>): Check<Evidence> => ({ ...check, id: `${kind}.${check.id}` })
  const patterns = patternCheck(kind, (evidence: Evidence) => ({
    config: evidence.config,
    tables: evidence.watchable,
    defaults: MYSQL_DEFAULTS,
    hidden: (entry) => hiddenTable(entry, evidence),
  }))
  const beats = heartbeatChecks(kind, heartbeatEvidence, {
    words: MYSQL_DEFAULTS.words,
    scheduler: { title: 'the event scheduler on the primary', faults: ['SCHEDULER_OFF'] },
  })
  return [
    own(logCheck),
    ...beats.notFound,
    own(replicationGrantCheck),
    ...beats.denied,
    own(watchedGrantCheck),
    ...beats.unchanged,
    own(formatCheck),
    own(logFilterCheck),
    own(replicaLogCheck),
    own(replicationFilterCheck),
    own(replicationCheck),
    patterns,
    own(positionCheck),
    own(serverIdCheck),
    own(retentionCheck),
    ...[rowOptionsCheck, rowImageCheck, rowMetadataCheck, checksumCheck, gtidCheck].map(own),
    ...[keyCheck, engineCheck, cascadeCheck, sightCheck].map(own),
  ]
}

export function mysqlCheckup(kind: MysqlKind): Checkup<MysqlConfig> {
  return checkupOf((config, context, signal) => gatherEvidence(config, context, signal), mysqlChecks(kind))
}

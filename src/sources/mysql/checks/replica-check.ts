import type { Check } from '../../check.ts'
import { replicaLogResult, replicationResult } from '../beat/replication/replication-result.ts'
import type { Evidence } from './evidence/evidence.ts'

export const replicaLogCheck: Check<Evidence> = {
  id: 'replica-log',
  symptom: 4,
  title: 'whether the replica that is read logs what it applies',
  codes: ['MYSQL_REPLICA_NOT_LOGGED'],
  run: (evidence) => replicaLogResult(evidence, evidence.settings),
}

export const replicationCheck: Check<Evidence> = {
  id: 'replication',
  symptom: 4,
  title: 'the replication to the server that is read',
  codes: ['MYSQL_REPLICA_STOPPED', 'MYSQL_REPLICA_LATE'],
  run: (evidence) => replicationResult(evidence, evidence.config.heartbeat.source.intervalMs),
}

import { type Check, finding, SOMEBODYS, well } from '../../check.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { TABLE_OWNER } from '../connect/fix-runner.ts'
import type { Evidence } from './evidence/evidence.ts'
import { statement } from './finding.ts'

export const heartbeatIndexCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-index',
  symptom: null,
  title: "the heartbeat table's indexes",
  codes: ['POSTGRES_HEARTBEAT_INDEXED'],
  run(evidence) {
    const { heartbeat, config } = evidence
    if (!usesTable(config.heartbeat.source) || heartbeat.table === null) return null
    const name = heartbeatTableName(config)
    const expected = `no index on ${name} but the primary key, so that updates stay HOT`
    const { indexes } = heartbeat.table
    if (indexes.length === 0) return well('only the primary key', expected)
    return finding('warn', 'POSTGRES_HEARTBEAT_INDEXED', {
      found: `${name} also has ${indexes.map((index) => index.name).join(', ')}`,
      expected,
      fix: indexes.map((index) => statement(evidence, index.drop, TABLE_OWNER, SOMEBODYS)),
    })
  },
}

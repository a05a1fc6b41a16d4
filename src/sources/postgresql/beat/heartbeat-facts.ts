import type { HeartbeatEvidence, HeartbeatFacts } from '../../heartbeat/facts.ts'
import { heartbeatEvidenceOf } from '../../heartbeat/heartbeat-evidence.ts'
import { holdersInWords } from '../../heartbeat/lock-holder.ts'
import { POSTGRESQL_DEFAULTS } from '../config.ts'
import { originInWords } from '../inspect/setting-origin.ts'
import { type BeatSight, READ_ONLY } from './beat-sight.ts'
import { heartbeatFixes } from './heartbeat-fixes.ts'
import { lockWords, suppressionInWords, UNSUPPRESSED } from './heartbeat-obstacle.ts'
import { heartbeatTableName } from './heartbeat-table.ts'
import { schedulerFacts } from './job/scheduler-facts.ts'

export function heartbeatEvidence(sight: BeatSight): HeartbeatEvidence {
  return heartbeatEvidenceOf(sight, {
    heartbeat: heartbeatFacts(sight),
    scheduler: () => (sight.scheduler === null ? null : schedulerFacts(sight.scheduler, sight)),
    fixes: heartbeatFixes(sight),
    words: POSTGRESQL_DEFAULTS.words,
    replicaWord: 'standby',
  })
}

function heartbeatFacts(sight: BeatSight): HeartbeatFacts {
  const { config } = sight
  const { database } = config.connection
  const name = heartbeatTableName(config)
  return {
    name,
    location: `the database ${database}`,
    expected: `a table ${name} with id, text and last_update in the database ${database}`,
    keepsTimes: 'track_commit_timestamp = on',
    get user() {
      return sight.role.name
    },
    get table() {
      const { table } = sight.heartbeat
      return table === null
        ? { is: 'missing' as const, found: missingWhat(sight) }
        : { is: 'there' as const, lacksColumns: table.lacksColumns }
    },
    get grants() {
      return grantsOf(sight)
    },
    get readOnly() {
      return readOnlyBecause(sight)
    },
    get row() {
      return sight.heartbeat.row
    },
    get isLocked() {
      return sight.heartbeat.locked
    },
    get lockedBy() {
      return holdersInWords(sight.heartbeat.obstacles?.holders ?? [], lockWords(config))
    },
    get suppressedBy() {
      return suppressedBy(sight)
    },
  }
}

function suppressedBy({ heartbeat: { obstacles } }: BeatSight): HeartbeatFacts['suppressedBy'] {
  const words = obstacles === null ? null : suppressionInWords(obstacles)
  return words === null ? null : { words, expected: UNSUPPRESSED, hidesRow: obstacles?.rowSecurity.active === true }
}

function missingWhat({ heartbeat, config }: BeatSight): string {
  const { schema, table } = config.heartbeat.source
  const where = heartbeat.elsewhere.length === 0 ? '' : `; a table ${table} is in the schema ${heartbeat.elsewhere[0]}`
  const what = heartbeat.schema === null ? `there is no schema ${schema}` : `the schema ${schema} has no table ${table}`
  return `in the database ${config.connection.database} ${what}${where}`
}

function grantsOf({ heartbeat, config }: BeatSight): HeartbeatFacts['grants'] {
  const { schema, table } = heartbeat
  if (schema === null || table === null) return null
  const { source } = config.heartbeat
  const needs = source.mode === 'table' ? ['SELECT', 'INSERT', 'UPDATE'] : ['SELECT']
  const lacks: readonly string[] = table.lacks.filter((privilege) => needs.includes(privilege))
  return {
    expected: `USAGE on the schema; ${needs.join(', ')} on the table`,
    lacks: [
      ...(schema.usage ? [] : [`USAGE on the schema ${source.schema}`]),
      ...(lacks.length === 0 ? [] : [`${lacks.join(', ')} on ${heartbeatTableName(config)}`]),
    ],
  }
}

function readOnlyBecause({ facts, role, config }: BeatSight): HeartbeatFacts['readOnly'] {
  if (facts.standby) return { is: 'standby', found: 'the server is a standby' }
  if (!role.readOnly) return null
  const origin = role.origins.get(READ_ONLY) ?? 'server'
  return { is: 'session', found: `${READ_ONLY} is on: it is ${originInWords(origin, config.connection)}` }
}

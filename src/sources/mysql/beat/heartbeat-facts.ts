import { address } from '../../connect/server-target.ts'
import type { HeartbeatEvidence, HeartbeatFacts } from '../../heartbeat/facts.ts'
import { heartbeatEvidenceOf } from '../../heartbeat/heartbeat-evidence.ts'
import { holdersInWords } from '../../heartbeat/lock-holder.ts'
import { MYSQL_DEFAULTS } from '../config.ts'
import { quoteAccount, quoteName } from '../connect/quoting.ts'
import type { BeatSight } from './beat-sight.ts'
import type { ColumnPrivilege } from './heartbeat-access.ts'
import { heartbeatFixes } from './heartbeat-fixes.ts'
import { LOCK_WORDS } from './heartbeat-lock.ts'
import { heartbeatTableName } from './heartbeat-table.ts'
import { schedulerFacts } from './job/scheduler-facts.ts'
import { triggersInWords, UNSUPPRESSED } from './trigger.ts'

export function heartbeatEvidence(sight: BeatSight): HeartbeatEvidence {
  return heartbeatEvidenceOf(sight, {
    heartbeat: heartbeatFacts(sight),
    scheduler: () => (sight.scheduler === null ? null : schedulerFacts(sight.scheduler, sight)),
    fixes: heartbeatFixes(sight),
    words: MYSQL_DEFAULTS.words,
    replicaWord: 'replica',
  })
}

function heartbeatFacts(sight: BeatSight): HeartbeatFacts {
  const name = heartbeatTableName(sight.config)
  const location = `the server ${address(sight.target)}`
  return {
    name,
    location,
    expected: `a table ${name} with id, text and last_update on ${location}`,
    keepsTimes: null,
    get user() {
      const { user, host } = sight.heartbeat.access.account
      return quoteAccount(user, host)
    },
    get table() {
      return tableOf(sight)
    },
    get grants() {
      return grantsOf(sight)
    },
    get readOnly() {
      const { readOnly, isReplica } = sight.writing
      if (readOnly.length === 0) return null
      return { is: isReplica ? ('standby' as const) : ('session' as const), found: readOnly.join(', ') }
    },
    get row() {
      return sight.heartbeat.row
    },
    get isLocked() {
      return sight.heartbeat.isLocked
    },
    get lockedBy() {
      return holdersInWords(sight.heartbeat.holders ?? [], LOCK_WORDS)
    },
    get suppressedBy() {
      const { triggers } = sight.heartbeat
      if (triggers.length === 0) return null
      return { words: triggersInWords(triggers), expected: UNSUPPRESSED, hidesRow: false }
    },
  }
}

function tableOf({ heartbeat, config }: BeatSight): HeartbeatFacts['table'] {
  const { table, lacksColumns } = heartbeat.access
  const name = heartbeatTableName(config)
  const [other] = heartbeat.elsewhere
  const where = other === undefined ? '' : `; a table of this name is in the database ${quoteName(other)}`
  switch (table) {
    case 'present':
      return { is: 'there', lacksColumns }
    case 'missing':
      return { is: 'missing', found: `there is no table ${name}${where}` }
    case 'hidden':
      return { is: 'hidden', found: `without a privilege on it, whether ${name} exists is not visible${where}` }
  }
}

function grantsOf({ heartbeat, config }: BeatSight): HeartbeatFacts['grants'] {
  const { table, lacks } = heartbeat.access
  if (table === 'missing') return null
  const needs: readonly ColumnPrivilege[] =
    config.heartbeat.source.mode === 'table' ? ['SELECT', 'INSERT', 'UPDATE'] : ['SELECT']
  const missing = lacks.filter((privilege) => needs.includes(privilege))
  return {
    expected: `${needs.join(', ')} on the table`,
    lacks: missing.length === 0 ? [] : [`${missing.join(', ')} on ${heartbeatTableName(config)}`],
  }
}

import type { ErrorCode } from '../../../model/error-code.ts'
import { type Check, finding, instead, well } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { settingAtStart } from '../inspect/setting-fix.ts'
import type { Evidence } from './evidence/evidence.ts'
import { readOnlyQuery } from './finding.ts'

/** A resource of which the server has a fixed number: changing the number takes a restart. */
interface ResourceKind {
  readonly id: string
  readonly title: string
  readonly code: ErrorCode
  /** The setting with the number, e.g. `max_wal_senders`. */
  readonly setting: string
  readonly expected: string
  /** How to free one that another client uses, and the query that lists them. */
  readonly others: { readonly what: string; readonly list: string }
  readonly used: (evidence: Evidence) => number
  /** We already use one. */
  readonly taken: (evidence: Evidence) => boolean
}

/** How many are added, so that the next client does not need another restart. */
const MORE = 10

function freeResourceCheck(kind: ResourceKind): Check<Evidence> {
  const { id, title, code, expected } = kind
  return {
    id,
    symptom: null,
    title,
    codes: [code],
    run(evidence) {
      if (kind.taken(evidence)) return null
      const most = Number(evidence.use.settings.get(kind.setting) ?? 0)
      const free = most - kind.used(evidence)
      if (free > 0) return well(`${free} of ${most} are free`, expected)
      const fix = [
        ...settingAtStart(evidence.facts, evidence.config.connection.database, kind.setting, String(most + MORE)),
        instead(`${kind.others.what}, among these`),
        readOnlyQuery(evidence, kind.others.list, SUPERUSER),
      ]
      return finding('fail', code, { found: `all ${most} of ${kind.setting} are in use`, expected, fix })
    },
  }
}

export const freeSlotCheck = freeResourceCheck({
  id: 'postgresql.free-slots',
  title: 'a free replication slot',
  code: 'POSTGRES_NO_SLOTS_LEFT',
  setting: 'max_replication_slots',
  expected: 'a free slot for the first `run`',
  others: { what: 'drop a slot that is not needed', list: 'SELECT slot_name, active FROM pg_replication_slots' },
  used: ({ use }) => use.slots,
  taken: ({ facts }) => facts.slot !== null,
})

export const freeSenderCheck = freeResourceCheck({
  id: 'postgresql.free-senders',
  title: 'a free WAL sender',
  code: 'POSTGRES_NO_SENDERS_LEFT',
  setting: 'max_wal_senders',
  expected: 'a free sender for the stream',
  others: { what: 'end a sender that is not needed', list: 'SELECT pid, application_name FROM pg_stat_replication' },
  used: ({ use }) => use.senders,
  taken: ({ facts }) => facts.slot !== null && facts.slot.activePid !== null,
})

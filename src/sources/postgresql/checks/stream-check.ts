import { type Check, type CheckFix, finding, instead, well } from '../../check.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { SynchronizedSlot } from './evidence/role-evidence.ts'
import { setting } from './finding.ts'

const WORDS: Readonly<Record<NonNullable<SynchronizedSlot['holds']>, string>> = {
  missing: 'does not exist',
  logical: 'is a logical slot, which no standby uses',
  lost: 'was invalidated',
  inactive: 'has no standby connected',
}

/**
 * 17 and later: the reader of a failover slot receives only what every standby slot in the setting has received. If a slot in it has no
 * standby, the reader receives nothing at all.
 */
export const streamHeldCheck: Check<Evidence> = {
  id: 'postgresql.synchronized-slots',
  symptom: 4,
  title: 'the standbys that the stream waits for',
  codes: ['POSTGRES_STREAM_HELD'],
  run(evidence) {
    const { config, facts, use } = evidence
    const waits = facts.slot === null ? config.failover : facts.slot.failover
    if (!waits || facts.standby) return null
    const expected = 'in synchronized_standby_slots only physical slots whose standby is connected'
    const held = use.synchronized.filter(({ holds }) => holds !== null)
    if (held.length === 0) {
      const names = use.synchronized.map(({ name }) => name).join(', ')
      return well(names === '' ? 'none: synchronized_standby_slots is empty' : names, expected)
    }
    const found = held.map(({ name, holds }) => `the slot ${name} ${holds === null ? '' : WORDS[holds]}`).join('; ')
    return finding('fail', 'POSTGRES_STREAM_HELD', {
      found: `the stream is blocked by synchronized_standby_slots: ${found}`,
      expected,
      fix: [...withoutThem(evidence), ...held.filter(({ holds }) => holds === 'inactive').map(startStandby)],
    })
  },
}

function withoutThem(evidence: Evidence): readonly CheckFix[] {
  const kept = evidence.use.synchronized.filter(({ holds }) => holds === null).map(({ name }) => name)
  const left = 'after a failover, a standby that is not waited for can lack changes that were delivered'
  return setting(evidence, 'synchronized_standby_slots', quoteLiteral(kept.join(', ')), left)
}

function startStandby({ name }: SynchronizedSlot): CheckFix {
  return instead(`start the standby whose primary_slot_name is ${name}`)
}

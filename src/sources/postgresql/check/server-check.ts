import { advice, type Check, unseen, well } from '../../check.ts'
import { serverErrors } from '../slot-check.ts'
import type { Evidence } from './evidence.ts'
import { finding, findingOf, RESTART, SUPERUSER, statement } from './finding.ts'

function serverError(evidence: Evidence, code: string) {
  return serverErrors({ ...evidence, offset: null, history: null }).find((error) => error.code === code)
}

export const versionCheck: Check<Evidence> = {
  id: 'postgresql.version',
  symptom: null,
  title: 'the version of the server',
  codes: ['POSTGRES_VERSION', 'POSTGRES_STANDBY'],
  look(evidence) {
    const error = serverError(evidence, 'POSTGRES_VERSION') ?? serverError(evidence, 'POSTGRES_STANDBY')
    if (error !== undefined) return findingOf(evidence, 'fail', error, { left: RESTART })
    const { version, standby } = evidence.facts
    return well(
      `${Math.floor(version / 10_000)}, a ${standby ? 'standby' : 'primary'}`,
      '14 or newer; a standby 16 or newer',
    )
  },
}

export const walLevelCheck: Check<Evidence> = {
  id: 'postgresql.wal-level',
  symptom: null,
  title: 'wal_level',
  codes: ['POSTGRES_WAL_LEVEL'],
  look(evidence) {
    const error = serverError(evidence, 'POSTGRES_WAL_LEVEL')
    if (error !== undefined) return findingOf(evidence, 'fail', error, { left: RESTART })
    return well('wal_level = logical', 'wal_level = logical')
  },
}

export const freeSlotCheck: Check<Evidence> = {
  id: 'postgresql.free-slots',
  symptom: null,
  title: 'a free replication slot',
  codes: ['POSTGRES_NO_SLOTS_LEFT'],
  look(evidence) {
    const { facts, use } = evidence
    if (facts.slot !== null) return null
    const most = Number(use.settings.get('max_replication_slots') ?? 0)
    const expected = 'a free one for the slot that `run` makes'
    if (use.slots < most) return well(`${most - use.slots} of ${most} are free`, expected)
    return finding('fail', 'POSTGRES_NO_SLOTS_LEFT', {
      found: `all ${most} of max_replication_slots are used`,
      expected,
      fix: [
        statement(evidence, `ALTER SYSTEM SET max_replication_slots = ${most + 10}`, SUPERUSER, RESTART),
        advice(
          'restart the server, or drop a slot that nobody needs: SELECT slot_name, active FROM pg_replication_slots',
        ),
      ],
    })
  },
}

export const freeSenderCheck: Check<Evidence> = {
  id: 'postgresql.free-senders',
  symptom: null,
  title: 'a free WAL sender',
  codes: ['POSTGRES_NO_SENDERS_LEFT'],
  look(evidence) {
    const { facts, use } = evidence
    if (facts.slot !== null && facts.slot.activePid !== null) return null
    const most = Number(use.settings.get('max_wal_senders') ?? 0)
    const expected = 'a free one for our stream'
    if (use.senders < most) return well(`${most - use.senders} of ${most} are free`, expected)
    return finding('fail', 'POSTGRES_NO_SENDERS_LEFT', {
      found: `all ${most} of max_wal_senders are used`,
      expected,
      fix: [
        statement(evidence, `ALTER SYSTEM SET max_wal_senders = ${most + 10}`, SUPERUSER, RESTART),
        advice(
          'restart the server, or end a sender that nobody needs: SELECT pid, application_name FROM pg_stat_replication',
        ),
      ],
    })
  },
}

export const senderTimeoutCheck: Check<Evidence> = {
  id: 'postgresql.wal-sender-timeout',
  symptom: null,
  title: 'wal_sender_timeout',
  codes: ['POSTGRES_NO_KEEPALIVES'],
  look(evidence) {
    const setting = evidence.use.settings.get('wal_sender_timeout')
    if (setting === undefined) return null
    const expected = 'more than 0, so that the server sends keepalives and notices a reader that is gone'
    if (Number(setting) > 0) return well(`${Number(setting) / 1000} s`, expected)
    return finding('warn', 'POSTGRES_NO_KEEPALIVES', {
      found: 'wal_sender_timeout = 0',
      expected,
      fix: [
        statement(
          evidence,
          "ALTER SYSTEM SET wal_sender_timeout = '60s'",
          SUPERUSER,
          'it is a setting of the whole server',
        ),
        statement(evidence, 'SELECT pg_reload_conf()', SUPERUSER, 'it puts other changed settings in force too'),
      ],
    })
  },
}

/** What our role may not see: said once, with the grant that would show it. */
export const sightCheck: Check<Evidence> = {
  id: 'postgresql.sight',
  symptom: null,
  title: 'what may be seen',
  codes: [],
  look(evidence) {
    const { state } = evidence
    if (state instanceof Error) return null
    if (state.unseen.length === 0) return well('all that is looked at', 'pg_monitor')
    const grants = [...new Set(state.unseen.map(({ grant }) => grant))]
    return unseen(
      `not seen: ${state.unseen.map(({ what }) => what).join('; ')}`,
      grants.join('; '),
      grants.map((run) => statement(evidence, run, SUPERUSER, 'it is optional, and shows more to the role')),
    )
  },
}

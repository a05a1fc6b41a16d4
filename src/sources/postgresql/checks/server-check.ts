import { unseenLog } from '../../../doctor/log-check.ts'
import { type Check, type CheckFix, finding, well } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { RESTART } from '../inspect/setting-fix.ts'
import { originInWords, type SettingOrigin, setForRole } from '../inspect/setting-origin.ts'
import { serverErrors } from '../resume/slot-check.ts'
import type { Evidence } from './evidence/evidence.ts'
import { findingOf, fixOf, setting, statement } from './finding.ts'
import { resumeInput } from './position-check.ts'

function serverError(evidence: Evidence, code: string) {
  return serverErrors(resumeInput(evidence)).find((error) => error.code === code)
}

export const versionCheck: Check<Evidence> = {
  id: 'postgresql.version',
  symptom: null,
  title: 'the version of the server',
  codes: ['DATABASE_VERSION', 'POSTGRES_STANDBY'],
  run(evidence) {
    const error = serverError(evidence, 'DATABASE_VERSION') ?? serverError(evidence, 'POSTGRES_STANDBY')
    if (error !== undefined) return findingOf(evidence, error, RESTART)
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
  run(evidence) {
    const error = serverError(evidence, 'POSTGRES_WAL_LEVEL')
    if (error !== undefined) return findingOf(evidence, error, RESTART)
    return well(
      `wal_level = ${evidence.facts.walLevel}`,
      'a log that can be decoded: wal_level = logical, or replica from 19 on',
    )
  },
}

const VALUE = "'60s'"

function forRole(evidence: Evidence, origin: SettingOrigin): CheckFix {
  const run = setForRole(origin, evidence.config.connection, `wal_sender_timeout = ${VALUE}`)
  return statement(evidence, run, evidence.facts.standby ? `${SUPERUSER}, on the primary` : SUPERUSER)
}

export const senderTimeoutCheck: Check<Evidence> = {
  id: 'postgresql.wal-sender-timeout',
  symptom: null,
  title: 'wal_sender_timeout',
  codes: ['POSTGRES_NO_KEEPALIVES'],
  run(evidence) {
    const value = evidence.use.settings.get('wal_sender_timeout')
    if (value === undefined) return null
    const expected = 'more than 0, so that the server sends keepalives and notices a dead reader'
    if (Number(value) > 0) return well(`${Number(value) / 1000} s`, expected)
    const origin = evidence.role.origins.get('wal_sender_timeout') ?? 'server'
    const { connection } = evidence.config
    return finding('warn', 'POSTGRES_NO_KEEPALIVES', {
      found: `wal_sender_timeout = 0: it is ${originInWords(origin, connection)}`,
      expected,
      fix: origin === 'server' ? setting(evidence, 'wal_sender_timeout', VALUE) : [forRole(evidence, origin)],
    })
  },
}

/** What our role is not allowed to see: reported once, with the grant that would show it. */
export const sightCheck: Check<Evidence> = {
  id: 'postgresql.sight',
  symptom: null,
  title: 'what the user can see',
  codes: [],
  run(evidence) {
    const { state } = evidence
    if (state instanceof Error) return null
    return unseenLog(state, 'pg_monitor', (fix) => fixOf(evidence, fix, OPTIONAL))
  },
}

const OPTIONAL = 'it is optional, and lets the role see more'

import { lostPositionFinding } from '../../../doctor/log-check.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { type Fix, inShell } from '../../../model/fix.ts'
import { advice, type Check, type CheckResult, finding, instead, SOMEBODYS, unseen, well } from '../../check.ts'
import { applicationName } from '../connect/connection.ts'
import { REPLICATION, SUPERUSER } from '../connect/fix-runner.ts'
import { alterSlot } from '../connect/postgresql-target.ts'
import { checkFresh, serverErrors } from '../resume/slot-check.ts'
import { checkSlotServer, checkSynced } from '../resume/standby-slot.ts'
import type { Evidence } from './evidence/evidence.ts'
import { findingOf, fixOf, statement } from './finding.ts'

const GAP = 'it decides what is never delivered'
const NEEDS_SHELL = 'it needs a shell'
const NO_INSPECTION = 'the log cannot be inspected now'

/** The error of an age that is computed from two clocks. */
const ROUNDING_MS = 100

const LOST: readonly ErrorCode[] = [
  'POSTGRES_SLOT_MISSING',
  'POSTGRES_SLOT_INVALIDATED',
  'POSTGRES_SLOT_AHEAD',
  'DATABASE_OTHER_SERVER',
  'POSTGRES_TIMELINE_DIVERGED',
  'OFFSET_BEYOND_LOG',
  'POSTGRES_WAL_REMOVED',
]

/** Whether the stored offset can be opened now, by the same inspection as the reader's. */
export const positionCheck: Check<Evidence> = {
  id: 'postgresql.place',
  symptom: 5,
  title: 'the position in the log',
  codes: [
    ...LOST,
    'POSTGRES_SLOT_OTHER_PLUGIN',
    'POSTGRES_SLOT_OTHER_DATABASE',
    'POSTGRES_SLOT_TWO_PHASE',
    'POSTGRES_SLOT_NOT_OURS',
    'POSTGRES_SLOT_IN_USE',
    'POSTGRES_FAILOVER_UNSUPPORTED',
    'POSTGRES_ONLY_STANDBY',
  ],
  run(evidence) {
    const { state, signs } = evidence
    const expected =
      'a slot of this connector that is not ahead of the offset, on the server that the offset comes from'
    if (state instanceof OffbeatError) return findingOf(evidence, state, NO_INSPECTION)
    const input = resumeInput(evidence)
    if (serverErrors(input).length > 0)
      return unseen('checked once the errors above are fixed', 'a server and a publication without errors')
    const { resume } = state
    const toFix = (fix: Fix) => fixOf(evidence, fix, reasonOf(fix))
    const synced = checkSynced(input)
    if (synced !== null) return findingOf(evidence, synced, reasonOf)
    if (resume.can === 'no')
      return resume.code === 'POSTGRES_REPLICATION_DENIED' ? null : lostPositionFinding(resume, toFix)
    if (resume.can === 'unknown')
      return unseen('whether the offset can be opened is not known', resume.fix.text, [toFix(resume.fix)])
    if (signs.offset === null) return firstStart(evidence, expected)
    return well(resume.why, expected)
  },
}

/** A connector with another store can have the same name. Ours is running now, and it connected after its process started. */
function isOurs({ source, use, signs }: Evidence): boolean {
  if (use.holder?.application !== applicationName(source) || signs.running === null) return false
  const { sinceMs } = use.holder
  return sinceMs === null || sinceMs > signs.running.sinceMs - ROUNDING_MS
}

/** A shell command with a `by` uses the database's client. Without one it is our own, and moves the offset. */
function reasonOf(fix: Fix): string {
  if (fix.in !== 'shell') return SOMEBODYS
  return fix.by === undefined ? GAP : NEEDS_SHELL
}

/** The input for a source without an offset. */
export function resumeInput({ source, config, facts }: Pick<Evidence, 'source' | 'config' | 'facts'>) {
  return { source, config, facts, offset: null, history: null }
}

function firstStart(evidence: Evidence, expected: string): CheckResult {
  const { source, facts } = evidence
  const input = resumeInput(evidence)
  const refused = checkFresh(input) ?? checkSlotServer(input)
  if (refused === null) return well(`none yet: the first \`offbeat run\` creates the slot for ${source}`, expected)
  const isMaking = refused.code === 'POSTGRES_SLOT_IN_USE' && isOurs(evidence)
  if (isMaking)
    return unseen(
      `this connector is creating the slot, process ${facts.slot?.activePid}`,
      'the end of the transactions that were open when it started',
    )
  return findingOf(evidence, refused, reasonOf)
}

export const holderCheck: Check<Evidence> = {
  id: 'postgresql.slot-holder',
  symptom: 5,
  title: 'who reads the slot',
  codes: ['POSTGRES_SLOT_IN_USE'],
  run(evidence) {
    const { facts, use, source } = evidence
    if (facts.slot === null) return null
    const { activePid, name } = facts.slot
    const expected = 'this connector, or no client'
    if (activePid === null) return well('no client', expected)
    const application = use.holder?.application ?? ''
    if (isOurs(evidence)) return well(`this connector, process ${activePid}`, expected)
    const twin = application === applicationName(source) ? ', a connector that does not write to this store,' : ''
    const who = application === '' ? '' : ` (application ${application}, user ${use.holder?.user ?? ''})${twin}`
    return finding('fail', 'POSTGRES_SLOT_IN_USE', {
      found: `process ${activePid}${who} reads the slot ${name}`,
      expected,
      fix: [
        advice('stop the other client, or configure another `slot`'),
        instead('if it is a leftover session of this connector, end it'),
        statement(evidence, `SELECT pg_terminate_backend(${activePid})`, SUPERUSER, SOMEBODYS),
      ],
    })
  },
}

/** Several hosts are configured for failover. After a failover, the new primary must have the slot too. */
export const keptCheck: Check<Evidence> = {
  id: 'postgresql.slot-kept',
  symptom: null,
  title: 'the slot after a failover',
  codes: ['POSTGRES_SLOT_NOT_KEPT'],
  run(evidence) {
    const { config, facts, use } = evidence
    if (config.connection.hosts.length === 1 || facts.slot === null || facts.standby) return null
    const expected = 'a failover slot (17 and later), which is synchronized to standbys'
    if (use.failover === true) return well('it is synchronized to standbys', expected)
    const old = use.failover === null
    const found = old
      ? 'before 17 slots are not synchronized to standbys: after a failover the position is lost'
      : `the slot ${facts.slot.name} is not a failover slot: after a failover the position is lost`
    const alter = inShell(alterSlot(config, 'FAILOVER true'), { by: `${REPLICATION}, while no client reads the slot` })
    const fix = old
      ? [advice('upgrade to PostgreSQL 17 or later, or accept a gap after a failover')]
      : [fixOf(evidence, alter, NEEDS_SHELL)]
    return finding('warn', 'POSTGRES_SLOT_NOT_KEPT', { found, expected, fix })
  },
}

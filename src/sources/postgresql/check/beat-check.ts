import { formatDurationMs } from '../../../model/duration.ts'
import { advice, type Check, spanInWords, unseen, well } from '../../check.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'
import { placeInWords, setForRole } from '../setting-place.ts'
import type { Evidence } from './evidence.ts'
import { finding, SUPERUSER, statement } from './finding.ts'
import type { HeartbeatRow } from './heartbeat-evidence.ts'
import { usesTable } from './heartbeat-table-check.ts'
import { rowOfCommand } from './job-command.ts'
import { rowChange } from './row-age.ts'

const MAY_WRITE = 'SET default_transaction_read_only = off'
const ASKED =
  'set `readOnly: true` in the configuration, and schedule a job on the primary that updates the row: `offbeat setup` prints it'

/** Whether our own beats can be written: a job's are the scheduler's matter. */
export const heartbeatWritableCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-writable',
  symptom: 3,
  title: 'a session that can write',
  codes: ['POSTGRES_HEARTBEAT_READ_ONLY'],
  look(evidence) {
    const { facts, role, config } = evidence
    const { mode } = config.heartbeat.source
    if (mode !== 'table' && mode !== 'message') return null
    const expected = `a primary and a session that can write, for mode ${mode}`
    if (facts.standby)
      return finding('fail', 'POSTGRES_HEARTBEAT_READ_ONLY', {
        found: 'the server is a standby',
        expected,
        fix: [advice(ASKED)],
      })
    if (!role.readOnly) return well('the server is a primary, and sessions can write', expected)
    const { connection } = config
    const place = role.places.get('default_transaction_read_only') ?? 'server'
    // The session of an administrator is perhaps read-only itself, for the same reason.
    const runs = [MAY_WRITE, setForRole(place, connection, 'default_transaction_read_only = off')]
    return finding('fail', 'POSTGRES_HEARTBEAT_READ_ONLY', {
      found: `default_transaction_read_only is on: it is ${placeInWords(place, connection)}`,
      expected,
      fix: [
        ...runs.map((run) => statement(evidence, run, SUPERUSER, 'the sessions may be read-only on purpose')),
        advice(`or: ${ASKED}`),
      ],
    })
  },
}

export const heartbeatMovesCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-moves',
  symptom: 3,
  title: 'the row changes',
  codes: ['POSTGRES_HEARTBEAT_STILL'],
  look(evidence) {
    const { heartbeat, config, signs } = evidence
    const { row } = heartbeat
    if (!usesTable(evidence) || row?.first !== true) return null
    const { mode, intervalMs } = config.heartbeat.source
    const withinMs = 3 * intervalMs
    const expected = `the row changes every ${formatDurationMs(intervalMs)}`
    const proof = changeProven(evidence)
    if (proof !== null && proof.agoMs <= withinMs) return well(proof.words, expected)
    const change = rowChange(row, withinMs, mode === 'table')
    const found = changeInWords(row)
    if (change === 'lately') return well(found, expected)
    if (change === 'unknown') return unseen(`${found}; the client that writes it can be in another time zone`, PROOF)
    if (mode === 'table' && signs.running === null)
      return unseen(`${found}, and no connector runs that would change it`, 'a running connector: offbeat run')
    const look = `SELECT id, last_update FROM ${heartbeatTableName(config)}`
    const fix = [statement(evidence, look, 'a user with SELECT on the table', 'it only reads'), whoWrites(mode)]
    return finding('fail', 'POSTGRES_HEARTBEAT_STILL', { found, expected, fix })
  },
}

const PROOF =
  'a running connector, which sees its changes in the log; or track_commit_timestamp = on, for the time of its last change'

function changeInWords({ committedAgoMs, ageMs }: HeartbeatRow): string {
  if (committedAgoMs !== null) return `the row last changed ${spanInWords(committedAgoMs)} ago`
  if (ageMs === null) return 'last_update of the row is not a valid time'
  const when = ageMs < 0 ? `${spanInWords(-ageMs)} from now` : `${spanInWords(ageMs)} ago`
  return `last_update of the row is ${when} in the time zone of this session`
}

/** What knows the time of a change by a clock and not by `last_update`: the log, where the change came back, and the scheduler's record. */
function changeProven({ signs, nowMs, scheduler, config }: Evidence): { agoMs: number; words: string } | null {
  const seenAtMs = signs.pulses.find((pulse) => pulse.seenAtMs !== null)?.seenAtMs ?? null
  if (seenAtMs !== null)
    return {
      agoMs: nowMs - seenAtMs,
      words: `its last change was read from the log ${spanInWords(nowMs - seenAtMs)} ago`,
    }
  const jobs = scheduler?.seen === 'scheduler' ? (scheduler.scheduler.jobs?.jobs ?? []) : []
  const ours = jobs.filter(({ database, command }) => {
    const row = rowOfCommand(command)
    return database === config.connection.database && row !== null && row !== 'no update' && row.id === '1'
  })
  const changed = ours.find(({ run }) => run?.status === 'succeeded' && run.message === 'UPDATE 1')?.run
  const agoMs = changed?.startedAgoMs ?? null
  return agoMs === null ? null : { agoMs, words: `the job changed it ${spanInWords(agoMs)} ago` }
}

function whoWrites(mode: string) {
  return mode === 'job'
    ? advice('fix the job: see its checks; the row changes at its next run')
    : advice('check the log of the running connector, which has the reason why heartbeats fail')
}

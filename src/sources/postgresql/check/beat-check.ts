import { formatDurationMs } from '../../../model/duration.ts'
import { advice, type Check, spanInWords, unseen, well } from '../../check.ts'
import { quoteIdentifier } from '../errors.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'
import type { Evidence } from './evidence.ts'
import { finding, SUPERUSER, statement } from './finding.ts'
import { usesTable } from './heartbeat-table-check.ts'

/** Whether our own beats can be written: a job's are the scheduler's matter. */
export const heartbeatWritableCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-writable',
  symptom: 3,
  title: 'a session that may write',
  codes: ['POSTGRES_HEARTBEAT_READ_ONLY'],
  look(evidence) {
    const { facts, role, config } = evidence
    const { mode } = config.heartbeat.source
    if (mode !== 'table' && mode !== 'message') return null
    const expected = `a primary and a session that may write, for mode ${mode}`
    const asked = advice(
      'in the configuration: readOnly: true, and a scheduled job on the primary that updates the row; `offbeat setup` prints it',
    )
    if (facts.standby)
      return finding('fail', 'POSTGRES_HEARTBEAT_READ_ONLY', {
        found: 'the server is a standby',
        expected,
        fix: [asked],
      })
    if (!role.readOnly) return well('the server is a primary, and sessions may write', expected)
    const run = `ALTER ROLE ${quoteIdentifier(role.name)} SET default_transaction_read_only = off`
    return finding('fail', 'POSTGRES_HEARTBEAT_READ_ONLY', {
      found: `default_transaction_read_only is on for ${role.name}`,
      expected,
      fix: [statement(evidence, run, SUPERUSER, 'somebody made the sessions read-only on purpose'), asked],
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
    if (!usesTable(evidence) || heartbeat.row?.first !== true) return null
    const { mode, intervalMs } = config.heartbeat.source
    const name = heartbeatTableName(config)
    const { ageMs } = heartbeat.row
    const expected = `last_update of the row moves every ${formatDurationMs(intervalMs)}`
    // The zone of whoever writes `timestamp` without zone may be another than ours.
    if (ageMs === null || ageMs < -intervalMs)
      return unseen(`last_update of ${name} cannot be read as a time of ours`, 'a writer in our time zone')
    const found = `the row last changed ${spanInWords(ageMs)} ago`
    if (ageMs <= 3 * intervalMs) return well(found, expected)
    if (mode === 'table' && signs.running === null)
      return unseen(`${found}, and no connector runs that would change it`, 'a running connector: offbeat run')
    const look = `SELECT id, last_update FROM ${name}`
    const fix = [statement(evidence, look, 'anybody with SELECT on the table', 'it is a look'), whoWrites(mode)]
    return finding('fail', 'POSTGRES_HEARTBEAT_STILL', { found, expected, fix })
  },
}

function whoWrites(mode: string) {
  return mode === 'job'
    ? advice('mend the job: see the checks of it; the row changes at its next run')
    : advice('look at the log of the running connector: it says why its beats fail')
}

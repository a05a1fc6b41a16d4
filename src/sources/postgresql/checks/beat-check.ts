import { formatDurationMs } from '../../../model/duration.ts'
import { inShell } from '../../../model/fix.ts'
import { advice, type Check, type CheckFix, instead, unseen, well } from '../../check.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { placeInWords, setForRole } from '../inspect/setting-place.ts'
import type { Evidence } from './evidence/evidence.ts'
import { finding, look, statement } from './finding.ts'
import { usesTable } from './heartbeat-table-check.ts'
import { lockFinding, suppressionFinding } from './obstacle-finding.ts'
import { rowMoves } from './row-moves.ts'

const MAY_WRITE = 'SET default_transaction_read_only = off'
const ASKED =
  'set `readOnly: true` in the configuration, and schedule a job on the primary that updates the row: `offbeat setup` prints it'

/** Whether our own beats can be written: a job's are the scheduler's matter. */
export const heartbeatWritableCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-writable',
  symptom: 3,
  title: 'a session that can write',
  codes: ['HEARTBEAT_READ_ONLY'],
  look(evidence) {
    const { facts, role, config } = evidence
    const { mode } = config.heartbeat.source
    if (mode !== 'table' && mode !== 'message') return null
    const expected = `a primary and a session that can write, for mode ${mode}`
    if (facts.standby)
      return finding('fail', 'HEARTBEAT_READ_ONLY', {
        found: 'the server is a standby',
        expected,
        fix: [advice(ASKED)],
      })
    if (!role.readOnly) return well('the server is a primary, and sessions can write', expected)
    const { connection } = config
    const place = role.places.get('default_transaction_read_only') ?? 'server'
    // The session of an administrator is perhaps read-only itself, for the same reason.
    const runs = [MAY_WRITE, setForRole(place, connection, 'default_transaction_read_only = off')]
    return finding('fail', 'HEARTBEAT_READ_ONLY', {
      found: `default_transaction_read_only is on: it is ${placeInWords(place, connection)}`,
      expected,
      fix: [
        ...runs.map((run) => statement(evidence, run, SUPERUSER, 'the sessions may be read-only on purpose')),
        instead(`${ASKED}`),
      ],
    })
  },
}

export const heartbeatMovesCheck: Check<Evidence> = {
  id: 'postgresql.heartbeat-moves',
  symptom: 3,
  title: 'the row changes',
  codes: ['HEARTBEAT_STILL', 'HEARTBEAT_SLOW', 'HEARTBEAT_SUPPRESSED'],
  look(evidence) {
    const { heartbeat, config, signs } = evidence
    if (!usesTable(evidence)) return null
    if (heartbeat.locked) return lockFinding(evidence, `${heartbeatTableName(config)} cannot be read`)
    if (heartbeat.row?.first !== true) return null
    const { mode, intervalMs } = config.heartbeat.source
    const expected = `the row changes every ${formatDurationMs(intervalMs)}`
    const { is, words: found } = rowMoves(evidence)
    if (is === 'moving') return well(found, expected)
    const awaited = mode === 'job' ? 'a run of the job' : 'a running connector: offbeat run'
    if (is === 'new') return unseen(`${found}, and it has not been updated since it was inserted`, awaited)
    const locked = lockFinding(evidence, found)
    if (locked !== null && (mode === 'job' || signs.running !== null)) return locked
    if (is === 'unknown') return unseen(`${found}; the client that writes it can be in another time zone`, PROOF)
    if (mode === 'table' && signs.running === null)
      return unseen(`${found}, and no connector runs that would change it`, awaited)
    const suppressed = suppressionFinding(evidence, found)
    if (suppressed !== null) return suppressed
    const rows = `SELECT id, last_update FROM ${heartbeatTableName(config)}`
    const fix = [look(evidence, rows, 'a user with SELECT on the table'), whoWrites(evidence)]
    return finding('fail', 'HEARTBEAT_STILL', { found, expected, fix })
  },
}

const PROOF =
  'a running connector, which sees its changes in the log; or track_commit_timestamp = on, for the time of its last change'

function whoWrites({ config, source }: Evidence): CheckFix {
  const { mode, by } = config.heartbeat.source
  if (by === 'external') {
    const fix = inShell(`offbeat beat ${source}`, {
      note: 'what the job outside the database runs; it shows why a heartbeat fails',
    })
    return { ...fix, manualBecause: 'the job runs outside the database' }
  }
  return mode === 'job'
    ? advice('fix the job: see its checks; the row changes at its next run')
    : advice('check the log of the running connector, which has the reason why heartbeats fail')
}

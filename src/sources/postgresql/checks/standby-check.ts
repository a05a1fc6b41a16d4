import { advice, type Check, type CheckFix, spanInWords, well } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import type { Evidence, JobEvidence } from './evidence/evidence.ts'
import { finding, look, setting, statement } from './finding.ts'

/** Whoever mends a source is on its primary otherwise. */
const THERE = `${SUPERUSER}, on the standby`

export const feedbackCheck: Check<Evidence> = {
  id: 'postgresql.standby-feedback',
  symptom: null,
  title: 'hot_standby_feedback',
  codes: ['POSTGRES_STANDBY_FEEDBACK'],
  look(evidence) {
    if (evidence.standby === null) return null
    const expected = 'on, and a physical slot for the standby on its primary'
    if (evidence.use.settings.get('hot_standby_feedback') === 'on') return well('it is on', expected)
    const fix = setting(evidence, 'hot_standby_feedback', 'on', 'it is a setting of the whole standby')
    return finding('warn', 'POSTGRES_STANDBY_FEEDBACK', {
      found: 'hot_standby_feedback = off: a vacuum on the primary can invalidate the slot',
      expected,
      fix: fix.map((each) => ({ ...each, by: THERE })),
    })
  },
}

const LATE_MS = 60_000
const CLIENTS =
  "SELECT pid, state, xact_start FROM pg_stat_activity WHERE backend_type = 'client backend' ORDER BY xact_start"

export const replayCheck: Check<JobEvidence> = {
  id: 'postgresql.standby-replay',
  symptom: 4,
  title: 'the standby follows its primary',
  codes: ['POSTGRES_STANDBY_LATE'],
  look(evidence) {
    const { standby, config } = evidence
    if (standby === null) return null
    const late = (found: string, fix: readonly CheckFix[]) =>
      finding('fail', 'POSTGRES_STANDBY_LATE', { found, expected, fix })
    const expected = 'a receiver, replay that is not paused, and a lag of less than three intervals'
    if (standby.paused)
      return late('replay is paused', [
        statement(evidence, 'SELECT pg_wal_replay_resume()', THERE, 'it may be paused on purpose'),
      ])
    const limitMs = Math.max(LATE_MS, 3 * config.heartbeat.source.intervalMs)
    const { replayedAgoMs } = standby
    if (standby.receiver === null)
      return finding('warn', 'POSTGRES_STANDBY_LATE', {
        found: 'no receiver runs: the standby receives no log by streaming',
        expected,
        fix: [advice('check the log of the standby; primary_conninfo has the server that it receives from')],
      })
    if (!standby.caughtUp && replayedAgoMs !== null && replayedAgoMs > limitMs)
      return late(
        `the received log is not replayed; the last replayed transaction is ${spanInWords(replayedAgoMs)} old`,
        [
          look(evidence, CLIENTS, THERE),
          advice('a query on the standby can block the replay: end it, or wait for its end'),
        ],
      )
    return well('it receives and replays', expected)
  },
}

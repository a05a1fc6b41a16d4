import { type Check, finding, well } from '../../check.ts'
import { ON_STANDBY, standbyReplay } from '../beat/job/standby-replay.ts'
import type { Evidence } from './evidence/evidence.ts'
import { setting } from './finding.ts'

export const feedbackCheck: Check<Evidence> = {
  id: 'postgresql.standby-feedback',
  symptom: null,
  title: 'hot_standby_feedback',
  codes: ['POSTGRES_STANDBY_FEEDBACK'],
  run(evidence) {
    if (evidence.standby === null) return null
    const expected = 'on, and a physical slot for the standby on its primary'
    if (evidence.use.settings.get('hot_standby_feedback') === 'on') return well('it is on', expected)
    const fix = setting(evidence, 'hot_standby_feedback', 'on', 'it is a setting of the whole standby')
    return finding('warn', 'POSTGRES_STANDBY_FEEDBACK', {
      found: 'hot_standby_feedback = off: a vacuum on the primary can invalidate the slot',
      expected,
      fix: fix.map((each) => (each.in === 'database' ? { ...each, by: ON_STANDBY } : each)),
    })
  },
}

export const replayCheck: Check<Evidence> = {
  id: 'postgresql.standby-replay',
  symptom: 4,
  title: 'the standby follows its primary',
  codes: ['POSTGRES_STANDBY_LATE'],
  run: standbyReplay,
}

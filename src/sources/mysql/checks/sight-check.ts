import { unseenLog } from '../../../doctor/log-check.ts'
import { type Check, manual } from '../../check.ts'
import type { Evidence } from './evidence/evidence.ts'

/** What our user is not allowed to see: reported once, with the grants that would show it. */
export const sightCheck: Check<Evidence> = {
  id: 'sight',
  symptom: null,
  title: 'what the user can see',
  codes: [],
  run({ state }) {
    if (state instanceof Error) return null
    return unseenLog(state, 'a user who sees the log and its figures', (fix) => manual(fix, OPTIONAL))
  },
}

const OPTIONAL = 'it is optional, and lets the user see more'

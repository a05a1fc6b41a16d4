import { lostPositionFinding } from '../../../doctor/log-check.ts'
import { OffbeatError } from '../../../model/error.ts'
import { type Check, manual, SOMEBODYS, unseen, well } from '../../check.ts'
import type { Evidence } from './evidence/evidence.ts'
import { findingOf } from './finding.ts'

const GAP = 'it decides what is never delivered'

/** Whether the stored offset can be opened now, by the same inspection as the reader's. */
export const positionCheck: Check<Evidence> = {
  id: 'position',
  symptom: 5,
  title: 'the position in the log',
  codes: ['MYSQL_LOG_PURGED', 'MYSQL_LOG_RESET', 'DATABASE_OTHER_SERVER', 'MYSQL_GTIDS_OFF', 'MYSQL_REPLICA_BEHIND'],
  run({ state, signs }) {
    const expected = 'a log that still has everything after the offset, on the server that the offset comes from'
    if (state instanceof OffbeatError) return findingOf(state, 'the log cannot be inspected now')
    const { resume } = state
    // Another check reports it.
    if (resume.can === 'no' && resume.code === 'MYSQL_LOG_OFF') return null
    if (resume.can === 'no')
      return lostPositionFinding(resume, (fix) => manual(fix, fix.in === 'shell' ? GAP : SOMEBODYS))
    if (resume.can === 'unknown')
      return unseen('whether the offset can be opened is not known', resume.fix.text, [manual(resume.fix, '')])
    if (signs.offset === null) return well('none yet: the first `offbeat run` begins at the end of the log', expected)
    return well(resume.why, expected)
  },
}

import { lostPositionFinding } from '../../../doctor/log-check.ts'
import { OffbeatError } from '../../../model/error.ts'
import { type Check, manual, SOMEBODYS, unseen, well } from '../../check.ts'
import type { Evidence } from './evidence.ts'
import { findingOf } from './finding.ts'

const GAP = 'it decides what is never delivered'

/** Whether the stored token can be opened now, by opening a second stream at it. */
export const positionCheck: Check<Evidence> = {
  id: 'position',
  symptom: 5,
  title: 'the position in the change stream',
  codes: ['MONGODB_OPLOG_LOST', 'MONGODB_TOKEN_LOST', 'MONGODB_TOKEN_INVALID', 'DATABASE_OTHER_SERVER'],
  run({ state, signs }) {
    const expected = 'an oplog that still has everything after the offset, in the set that the offset comes from'
    if (state instanceof OffbeatError) return findingOf(state, 'the log cannot be inspected now')
    const { resume } = state
    if (resume.can === 'no')
      return lostPositionFinding(resume, (fix) => manual(fix, fix.in === 'shell' ? GAP : SOMEBODYS))
    if (resume.can === 'unknown')
      return unseen('whether the token can be opened is not known', resume.fix.text, [manual(resume.fix, '')])
    if (signs.offset === null) return well('none yet: the first `offbeat run` begins at the end of the log', expected)
    return well(resume.why, expected)
  },
}

import { advice, type Check, configure, finding, unseen, well } from '../check.ts'
import type { HeartbeatEvidence } from './facts.ts'

export const schedulerCheck: Check<HeartbeatEvidence> = {
  id: 'scheduler',
  symptom: 3,
  title: 'the scheduler on the primary',
  codes: ['PRIMARY_IS_STANDBY', 'SCHEDULER_NOT_LOADED', 'SCHEDULER_MISSING', 'PRIMARY_ELSEWHERE'],
  run({ scheduler }) {
    if (scheduler === null) return null
    if (scheduler.seen === 'refused')
      return unseen(`the primary could not be checked: ${scheduler.why}`, 'a connection as configured in `primary`')
    if (scheduler.seen === 'nowhere')
      return unseen(
        'this connection is to a standby, and jobs run on the primary',
        `${scheduler.primary} in the configuration, with a user that can check the job`,
      )
    const { replica, fault, primaryElsewhere, found, expected } = scheduler
    if (replica !== null)
      return finding('fail', 'PRIMARY_IS_STANDBY', {
        found: `${replica.key} is to a standby, where jobs do not run`,
        expected: 'the primary in `primary`',
        fix: [configure(replica.primary)],
      })
    if (fault !== null) return fault
    return primaryElsewhere === null ? well(found, expected) : elsewhere(primaryElsewhere)
  },
}

function elsewhere(where: string) {
  return finding('warn', 'PRIMARY_ELSEWHERE', {
    found: `the server that is read is not a standby, and \`primary\` ${where}; the job was searched on the server that is read`,
    expected: 'the server that is read, or no `primary`',
    fix: [
      advice(
        'remove `primary` from the configuration; or, to read a standby again, set it to the primary of that standby',
      ),
    ],
  })
}

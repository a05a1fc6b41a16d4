import { advice, type Check, configure, finding, unseen, well } from '../check.ts'
import type { HeartbeatEvidence } from './facts.ts'

export const schedulerCheck: Check<HeartbeatEvidence> = {
  id: 'scheduler',
  symptom: 3,
  title: 'the scheduler on the primary',
  /** Without those of `SchedulerFacts.fault`, which are the database's own. */
  codes: ['PRIMARY_IS_STANDBY', 'PRIMARY_ELSEWHERE'],
  run({ scheduler, replicaWord }) {
    if (scheduler === null) return null
    if (scheduler.seen === 'refused')
      return unseen(`the primary could not be checked: ${scheduler.why}`, 'a connection as configured in `primary`')
    if (scheduler.seen === 'nowhere')
      return unseen(
        `this connection is to a ${replicaWord}, and jobs run on the primary`,
        `${scheduler.primary} in the configuration, with a user that can check the job`,
      )
    const { replica, fault, primaryElsewhere, found, expected } = scheduler
    if (replica !== null)
      return finding('fail', 'PRIMARY_IS_STANDBY', {
        found: `${replica.key} is to a ${replicaWord}, where jobs do not run`,
        expected: 'the primary in `primary`',
        fix: [configure(replica.primary)],
      })
    if (fault !== null) return fault
    return primaryElsewhere === null ? well(found, expected) : elsewhere(primaryElsewhere, replicaWord)
  },
}

function elsewhere(where: string, replicaWord: string) {
  return finding('warn', 'PRIMARY_ELSEWHERE', {
    found: `the server that is read is not a ${replicaWord}, and \`primary\` ${where}; the job was searched on the server that is read`,
    expected: 'the server that is read, or no `primary`',
    fix: [
      advice(
        `remove \`primary\` from the configuration; or, to read a ${replicaWord} again, set it to the primary of that ${replicaWord}`,
      ),
    ],
  })
}

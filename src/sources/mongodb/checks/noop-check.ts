import { forPerson } from '../../../model/fix.ts'
import { type Check, type CheckResult, finding, manual, unseen, well } from '../../check.ts'
import type { Evidence } from './evidence.ts'

export const noopCheck: Check<Evidence> = {
  id: 'noops',
  symptom: 5,
  title: 'the no-ops of an idle set',
  codes: ['MONGODB_NOOPS_OFF'],
  run({ noops, config, target }): CheckResult | null {
    if (noops === null) return null
    const { areWritten, everySeconds } = noops
    if (areWritten === null) return unseen('the server does not report writePeriodicNoops', 'a server that reports it')
    const expected = 'a no-op in the oplog every ten seconds while nobody writes'
    if (areWritten) return well(everySeconds === null ? 'written' : `written every ${everySeconds} s`, expected)
    // A heartbeat is a write, so an idle set has that at least.
    const isAlone = config.heartbeat.source.mode === 'off'
    return finding(isAlone ? 'fail' : 'warn', 'MONGODB_NOOPS_OFF', {
      found: `writePeriodicNoops is false on ${target.host}:${target.port}: without writes, the stream gets no newer token`,
      expected,
      fix: [
        manual(
          forPerson(
            'start each member with writePeriodicNoops=true, which is the default: setParameter in its configuration file',
          ),
          'it needs a restart of each member',
        ),
      ],
    })
  },
}

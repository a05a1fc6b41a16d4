import { WEEK_MS, WEEKEND_MS } from '../../../doctor/checks/retention-time.ts'
import { formatDurationMs } from '../../../model/duration.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { Limit } from '../../../model/log-state.ts'
import { type Check, type CheckFix, finding, manual, spanInWords, unseen, well } from '../../check.ts'
import { raiseRetention } from '../inspect/raise-limit.ts'
import type { Evidence } from './evidence.ts'

const EXPECTED = 'an oplog that reaches 3 days back or more, with a minimum retention'
const ITS_DISK = 'it is a setting of each member, and its disk must have room for that much oplog'

export const retentionCheck: Check<Evidence> = {
  id: 'retention',
  symptom: 5,
  title: 'how far back the oplog reaches',
  codes: ['RETENTION_SHORT'],
  run({ state, config, atRiskMs, facts }) {
    if (state instanceof OffbeatError) return null
    const [limit] = state.limits
    if (limit === undefined || limit.keeps === null)
      return facts.role === 'mongos'
        ? unseen('a router has no oplog: those of the shards are not inspected', 'a connection to each shard')
        : unseen(
            limit?.because.join('; ') ?? 'how far back the oplog reaches is not known',
            state.unseen[0]?.fix.text ?? 'an oplog that is full, or has an hour of writes',
          )
    const neededMs = Math.max(3 * config.heartbeat.source.intervalMs, atRiskMs)
    const words = `${limit.because.join('; ')}`
    if (limit.keeps >= Math.max(WEEKEND_MS, neededMs)) return well(words, EXPECTED)
    return finding(limit.keeps < neededMs ? 'fail' : 'warn', 'RETENTION_SHORT', {
      found: `${words}: about ${spanInWords(limit.keeps)}${shortWords(limit, neededMs)}`,
      expected: EXPECTED,
      fix: raise(Math.max(WEEK_MS, 2 * neededMs)),
    })
  },
}

function shortWords({ keeps }: Limit, neededMs: number): string {
  if ((keeps ?? 0) >= neededMs) return ''
  return `, less than ${formatDurationMs(neededMs)}, with which the offset is at risk`
}

function raise(ms: number): readonly CheckFix[] {
  return raiseRetention(ms).map((fix) => manual(fix, ITS_DISK))
}

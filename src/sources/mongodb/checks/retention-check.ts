import { WEEKEND_MS } from '../../../doctor/checks/retention-time.ts'
import { formatDurationMs } from '../../../model/duration.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { Limit, LogState } from '../../../model/log-state.ts'
import { type Check, type CheckFix, type CheckResult, finding, manual, spanInWords, unseen, well } from '../../check.ts'
import { RETENTION_MS, raiseRetention } from '../inspect/raise-limit.ts'
import { settingOf } from '../inspect/shards/limit-name.ts'
import type { Evidence } from './evidence.ts'

const EXPECTED = 'an oplog that reaches 3 days back or more, with a minimum retention'
const ITS_DISK = 'it is a setting of each member, and its disk must have room for that much oplog'

export const retentionCheck: Check<Evidence> = {
  id: 'retention',
  symptom: 5,
  title: 'how far back the oplog reaches',
  codes: ['RETENTION_SHORT'],
  run({ state, config, atRiskMs, facts }) {
    if (facts.role === 'standalone')
      return unseen(
        'there is no oplog: the server is not part of a replica set',
        'a replica set, which can have a single member',
      )
    if (state instanceof OffbeatError) return null
    const [limit] = knownLimits(state.limits)
    const unknown = state.limits.filter(({ keeps }) => keeps === null)
    if (limit === undefined) return notSeen(state, unknown)
    const neededMs = Math.max(3 * config.heartbeat.source.intervalMs, atRiskMs)
    const words = `${limit.because.join('; ')}`
    const isLong = limit.keeps >= Math.max(WEEKEND_MS, neededMs)
    if (isLong && unknown.length > 0) return notSeen(state, unknown)
    if (isLong) return well(words, EXPECTED)
    return finding(limit.keeps < neededMs ? 'fail' : 'warn', 'RETENTION_SHORT', {
      found: `${words}: about ${spanInWords(limit.keeps)}${shortWords(limit, neededMs)}`,
      expected: EXPECTED,
      fix: raise(limit, Math.max(RETENTION_MS, 2 * neededMs)),
    })
  },
}

type KnownLimit = Limit & { readonly keeps: number }

/** The shortest first. */
function knownLimits(limits: readonly Limit[]): readonly KnownLimit[] {
  return limits.filter((limit): limit is KnownLimit => limit.keeps !== null).toSorted((a, b) => a.keeps - b.keeps)
}

function notSeen({ unseen: hidden }: LogState, unknown: readonly Limit[]): CheckResult {
  const why = unknown.flatMap(({ because }) => because).join('; ')
  return unseen(
    why === '' ? 'how far back the oplog reaches is not known' : why,
    hidden[0]?.fix.text ?? 'an oplog that is full, or has an hour of writes',
    hidden.map(({ fix }) => manual(fix, 'it gives a user a privilege')),
  )
}

function shortWords({ keeps }: KnownLimit, neededMs: number): string {
  if (keeps >= neededMs) return ''
  return `, less than ${formatDurationMs(neededMs)}, with which the offset is at risk`
}

function raise({ name }: KnownLimit, ms: number): readonly CheckFix[] {
  return raiseRetention(ms, settingOf(name).shard).map((fix) => manual(fix, ITS_DISK))
}

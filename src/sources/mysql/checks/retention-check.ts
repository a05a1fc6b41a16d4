import { WEEK_MS, WEEKEND_MS } from '../../../doctor/checks/retention-time.ts'
import { formatDurationMs } from '../../../model/duration.ts'
import { bytesInWords } from '../../../model/figures.ts'
import { type Check, type CheckFix, finding, spanInWords, well } from '../../check.ts'
import { raiseLimit } from '../inspect/raise-limit.ts'
import { SERVICE_RETENTION } from '../inspect/retention.ts'
import type { Evidence } from './evidence/evidence.ts'
import { leftToPerson, setting } from './finding.ts'

const ITS_DISK = 'it is a setting of the whole server, and its disk must have room for that much log'
const EXPECTED = 'a log that is kept for 3 days or more, and not for ever'

export const retentionCheck: Check<Evidence> = {
  id: 'retention',
  symptom: 5,
  title: 'how long the server keeps its log',
  codes: ['RETENTION_UNBOUNDED', 'RETENTION_SHORT'],
  run(evidence) {
    const { retention, config, atRiskMs, facts } = evidence
    if (!facts.logsBinary) return null
    const { name, keepsMs, totalBytes } = retention
    if (keepsMs === Number.POSITIVE_INFINITY) {
      if (totalBytes !== null) return sizeResult(evidence, totalBytes)
      return finding('warn', 'RETENTION_UNBOUNDED', {
        found: `${name} = ${name === AUTO_PURGE ? 'OFF' : '0'}: the server purges nothing, and the log fills its disk`,
        expected: EXPECTED,
        fix: bounded(evidence),
      })
    }
    const words =
      keepsMs === 0 ? `${name} is NULL: the service purges as soon as it can` : `${name} = ${spanInWords(keepsMs)}`
    const neededMs = Math.max(3 * config.heartbeat.source.intervalMs, atRiskMs)
    if (keepsMs >= Math.max(WEEKEND_MS, neededMs)) return well(words, EXPECTED)
    const status = keepsMs < neededMs ? 'fail' : 'warn'
    const why = keepsMs < neededMs ? `: less than ${formatDurationMs(neededMs)}, with which the offset is at risk` : ''
    return finding(status, 'RETENTION_SHORT', {
      found: `${words}${keepsMs === 0 ? '' : why}`,
      expected: EXPECTED,
      fix: leftToPerson(raiseLimit(config.kind, name, Math.max(WEEK_MS, 2 * neededMs)), ITS_DISK),
    })
  },
}

const AUTO_PURGE = 'binlog_expire_logs_auto_purge'

function bounded(evidence: Evidence): readonly CheckFix[] {
  const { retention, config } = evidence
  if (retention.name === AUTO_PURGE) return setting(evidence, AUTO_PURGE, 'ON')
  const value = retention.name === SERVICE_RETENTION ? WEEK_MS : 2 * WEEK_MS
  return leftToPerson(raiseLimit(config.kind, retention.name, value), ITS_DISK)
}

/** MariaDB 11.4 and later. The time that the size lasts depends on how much is written. */
function sizeResult({ signs, config, atRiskMs }: Evidence, totalBytes: number) {
  const { bytesPerMs } = signs
  const words = `max_binlog_total_size = ${bytesInWords(totalBytes)}`
  const lastsMs = bytesPerMs === null || bytesPerMs <= 0 ? null : totalBytes / bytesPerMs
  const neededMs = Math.max(3 * config.heartbeat.source.intervalMs, atRiskMs)
  if (lastsMs === null || lastsMs >= neededMs)
    return well(
      `${words}${lastsMs === null ? '' : `, which lasts ${spanInWords(lastsMs)} at the current rate`}`,
      EXPECTED,
    )
  const bytes = Math.ceil((totalBytes * WEEK_MS) / lastsMs)
  return finding('fail', 'RETENTION_SHORT', {
    found: `${words}, which lasts ${spanInWords(lastsMs)} at the current rate`,
    expected: EXPECTED,
    fix: leftToPerson(raiseLimit(config.kind, 'max_binlog_total_size', bytes), ITS_DISK),
  })
}

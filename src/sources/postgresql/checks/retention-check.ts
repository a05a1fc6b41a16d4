import { WEEKEND_MS } from '../../../doctor/checks/retention-time.ts'
import { heldLog } from '../../../doctor/log-check.ts'
import { formatDurationMs } from '../../../model/duration.ts'
import { bytesInWords } from '../../../model/figures.ts'
import { type Check, finding, spanInWords, well } from '../../check.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import { lsnToBigint } from '../position.ts'
import type { Evidence } from './evidence/evidence.ts'
import { fixOf, setting } from './finding.ts'

const GB = 1024 ** 3
/** A smaller limit can be used up by a single large transaction. */
const SMALL_BYTES = GB

const ITS_DISK = 'it is a setting of the whole server, and limits what every slot retains'

export const keepSizeCheck: Check<Evidence> = {
  id: 'postgresql.retention',
  symptom: 5,
  title: 'how much log the server retains for the slot',
  codes: ['RETENTION_UNBOUNDED', 'RETENTION_SHORT'],
  run(evidence) {
    const { use, state, signs, config, facts } = evidence
    const keeps = Number(use.settings.get('max_slot_wal_keep_size') ?? -1)
    const held = state instanceof Error ? heldBySlot(facts) : Number(state.heldBytes ?? 0)
    const expected = 'max_slot_wal_keep_size far above the retained log, and below what the disk can spare'
    // Never less than what our slot or another slot retains now: a slot beyond the limit is lost at once.
    const others = state instanceof Error ? [] : state.blockers.map(({ heldBytes }) => Number(heldBytes ?? 0))
    const most = Math.max(10 * GB, 4 * held, 2 * keeps, ...others.map((bytes) => 2 * bytes))
    const fix = setting(evidence, 'max_slot_wal_keep_size', `'${Math.ceil(most / GB)}GB'`, ITS_DISK)
    if (keeps < 0) {
      const found = `max_slot_wal_keep_size = -1: a slot without a reader fills the disk; ${bytesInWords(held)} are retained now`
      return finding('warn', 'RETENTION_UNBOUNDED', {
        found,
        expected,
        fix,
      })
    }
    const words = `max_slot_wal_keep_size = ${bytesInWords(keeps)}, of which ${bytesInWords(held)} are used`
    const { bytesPerMs } = signs
    const lastsMs = bytesPerMs === null || bytesPerMs <= 0 ? null : (keeps - held) / bytesPerMs
    const short = lastsMs !== null && lastsMs < 3 * config.heartbeat.source.intervalMs
    const rate = lastsMs === null ? '' : `; at the current rate the rest lasts ${spanInWords(lastsMs)}`
    const rest = held < keeps ? rate : '; nothing is left: the next checkpoint can invalidate the slot'
    if (!short && held < 0.8 * keeps && keeps >= SMALL_BYTES) return well(`${words}${rest}`, expected)
    const status = short || held >= 0.8 * keeps ? 'fail' : 'warn'
    return finding(status, 'RETENTION_SHORT', {
      found: `${words}${rest}`,
      expected,
      fix,
    })
  },
}

/** Used if the inspection that measures it failed. */
function heldBySlot({ slot, head }: ServerFacts): number {
  return slot?.restartLsn == null ? 0 : Number(lsnToBigint(head) - lsnToBigint(slot.restartLsn))
}

export const idleTimeoutCheck: Check<Evidence> = {
  id: 'postgresql.idle-timeout',
  symptom: 5,
  title: 'how long the slot can be unused',
  codes: ['POSTGRES_IDLE_TIMEOUT_SHORT'],
  run(evidence) {
    const value = evidence.use.settings.get('idle_replication_slot_timeout')
    if (value === undefined) return null
    const ms = Number(value)
    const expected = 'idle_replication_slot_timeout of 0 (off), or more than a weekend'
    if (ms === 0) return well('no limit: idle_replication_slot_timeout = 0', expected)
    const found = `idle_replication_slot_timeout = ${formatDurationMs(ms)}: a connector that is stopped for longer loses its position`
    if (ms >= WEEKEND_MS) return well(found, expected)
    const fix = setting(evidence, 'idle_replication_slot_timeout', "'7d'", ITS_DISK)
    return finding('warn', 'POSTGRES_IDLE_TIMEOUT_SHORT', { found, expected, fix })
  },
}

export const blockerCheck: Check<Evidence> = {
  id: 'postgresql.blockers',
  symptom: 5,
  title: 'what else retains the log',
  codes: ['LOG_HELD'],
  run(evidence) {
    const { state } = evidence
    if (state instanceof Error) return null
    const expected =
      'no transaction that wrote and is open for minutes, no forgotten prepared transaction, no slot without a reader'
    return heldLog(state, expected, (fix, because) => fixOf(evidence, fix, because))
  },
}

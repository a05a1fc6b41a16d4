import { expect, test } from 'vitest'
import { logState } from '../../../../test/support/log-state.ts'
import { planPause } from '../../../health/pause-plan.ts'
import { runwayOf } from '../../../health/runway.ts'
import { limitsOf } from './limits.ts'
import type { LogUse, NeededFile } from './log-use.ts'
import { raiseLimit } from './raise-limit.ts'
import type { Retention } from './retention.ts'

const NOW_MS = Date.UTC(2026, 0, 3)
const HOUR_MS = 3_600_000
const THREE_DAYS: Retention = {
  name: 'binlog_expire_logs_seconds',
  keepsMs: 72 * HOUR_MS,
  totalBytes: null,
  neededReplicas: 0,
  writtenBytes: null,
}
const NEEDED: NeededFile = { name: 'binlog.000007', isLast: true, next: null, bytes: 500 }
const USE: LogUse = { atMs: NOW_MS, needed: NEEDED, storedAtMs: NOW_MS - 1000, oldest: null }
const OFFSET = { position: '1', server: null, memory: {}, moved: { by: 'commit', why: '', atMs: NOW_MS } } as const

const closed = (hours: number, afterStart = false): NeededFile => ({
  ...NEEDED,
  isLast: false,
  next: { beganAtMs: NOW_MS - hours * HOUR_MS, afterStart },
})

function left(use: Partial<LogUse>, retention: Partial<Retention> = {}) {
  const limits = limitsOf({ ...THREE_DAYS, ...retention }, { ...USE, ...use })
  const { seconds, kind, because } = runwayOf(logState({ atMs: NOW_MS, limits }), [])
  return { hours: seconds === null ? null : seconds / 3600, kind, because: because.join('; ') }
}

test('the whole retention is left while the server still writes to the file', () => {
  expect(left({})).toMatchObject({ hours: 72, kind: 'at least' })
  expect(left({ storedAtMs: null, needed: null })).toMatchObject({ hours: 72, kind: 'at least' })
})

test('the age of the file counts from when the next one began, however late its end was read', () => {
  expect(left({ needed: closed(50) })).toMatchObject({ hours: 22, kind: 'at least' })
  expect(left({ needed: closed(50) }).because).toContain('binlog.000007, which the server closed at 2025-12-31T22:00')
  expect(left({ needed: closed(80) })).toMatchObject({ hours: 0, kind: 'at least' })
})

test('what was not seen makes an estimate', () => {
  expect(left({ needed: closed(50, true) })).toMatchObject({ hours: 22, kind: 'estimate' })
  expect(left({ needed: null, storedAtMs: NOW_MS - 10 * HOUR_MS })).toMatchObject({ hours: 62, kind: 'estimate' })
  expect(left({ needed: { ...closed(50), next: null } }).because).toContain('is not known')
})

test('the limit for all files counts from the needed file on', () => {
  const sized = left({}, { keepsMs: Number.POSITIVE_INFINITY, totalBytes: 500, neededReplicas: 1 })
  expect(sized).toMatchObject({ hours: 0, because: expect.stringContaining('slave_connections_needed_for_purge is 1') })
})

test('a pause that is too long gets the statements of each product', () => {
  const limits = limitsOf(THREE_DAYS, { ...USE, needed: closed(30) })
  const state = logState({ atMs: NOW_MS, limits })
  const plan = planPause({ pauseMs: 60 * HOUR_MS, offset: OFFSET, state, samples: [] })
  expect(plan).toMatchObject({ answer: 'no', marginSeconds: -18 * 3600, decidedBy: 'binlog_expire_logs_seconds' })
  const [{ name, keeps } = { name: '', keeps: 0 }] = plan.raise
  expect(keeps).toBe((30 + 1.25 * 60) * HOUR_MS)
  expect(raiseLimit('mysql', name, keeps)[0]?.text).toBe('SET PERSIST binlog_expire_logs_seconds = 378000')
  expect(raiseLimit('mariadb', name, keeps).map(({ text }) => text)).toEqual([
    'SET GLOBAL binlog_expire_logs_seconds = 378000',
    expect.stringContaining('write binlog_expire_logs_seconds = 378000 in the option file'),
    expect.stringContaining('disk'),
  ])
  expect(planPause({ pauseMs: 40 * HOUR_MS, offset: OFFSET, state, samples: [] }).answer).toBe('yes')
})

test.each([
  ['expire_logs_days', 4.1 * 24 * HOUR_MS, 'SET GLOBAL expire_logs_days = 5'],
  ['binlog_expire_logs_seconds', 200 * 24 * HOUR_MS, 'SET GLOBAL binlog_expire_logs_seconds = 8553600'],
  ['max_binlog_total_size', 1000.5, 'SET GLOBAL max_binlog_total_size = 1001'],
  ['binlog retention hours', 60.5 * HOUR_MS, "CALL mysql.rds_set_configuration('binlog retention hours', 61)"],
  ['disk', 1024 ** 3, expect.stringContaining('1 GB for the binary log')],
])('the statement that raises %s', (name, value, statement) => {
  expect(raiseLimit('mariadb', name, value)[0]?.text).toEqual(statement)
})

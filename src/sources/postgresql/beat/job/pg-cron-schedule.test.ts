import { expect, it, test } from 'vitest'
import { longestGapMs, pgCronSchedule } from './pg-cron-schedule.ts'

it('below a minute pg_cron takes whole seconds, at least one; from a minute on what cron takes', () => {
  expect(pgCronSchedule(30_500)).toBe('30 seconds')
  expect(pgCronSchedule(100)).toBe('1 seconds')
  expect(pgCronSchedule(300_000)).toBe('*/5 * * * *')
})

test.each([
  ['* * * * *', 60],
  ['*/5 * * * *', 300],
  ['*/7 * * * *', 420],
  ['0 * * * *', 3600],
  ['0,30 * * * *', 1800],
  ['0-10 * * * *', 3000],
  ['* 8-17 * * *', 14 * 3600 + 60],
  ['* * * * 1-5', 86_400],
  ['0 3 * * *', 86_400],
  ['15 seconds', 15],
])('a job on %s may rest for %i s', (schedule, seconds) => {
  expect(longestGapMs(schedule)).toBe(seconds * 1000)
})

test.each(['', 'every minute', '61 * * * *', '*/0 * * * *', '* * * *'])('%j is not understood', (schedule) => {
  expect(longestGapMs(schedule)).toBeNull()
})

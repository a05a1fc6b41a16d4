import { expect, it } from 'vitest'
import { cronSchedule, pgCronSchedule } from './schedule.ts'

it.each([
  [60_000, '* * * * *'],
  [90_000, '* * * * *'],
  [300_000, '*/5 * * * *'],
  [3_600_000, '0 * * * *'],
  [7_200_000, '0 */2 * * *'],
  [86_400_000, '0 */23 * * *'],
])('%i ms: the longest rhythm of cron that is not slower: %s', (intervalMs, schedule) => {
  expect(cronSchedule(intervalMs)).toBe(schedule)
  expect(pgCronSchedule(intervalMs)).toBe(schedule)
})

it('below a minute pg_cron takes whole seconds, at least one, and cron cannot', () => {
  expect(pgCronSchedule(30_500)).toBe('30 seconds')
  expect(pgCronSchedule(100)).toBe('1 seconds')
  expect(cronSchedule(30_000)).toBe('* * * * *')
})

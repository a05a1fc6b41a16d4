import { expect, it } from 'vitest'
import { cronSchedule } from './cron-schedule.ts'

it.each([
  [30_000, '* * * * *'],
  [60_000, '* * * * *'],
  [90_000, '* * * * *'],
  [300_000, '*/5 * * * *'],
  [3_600_000, '0 * * * *'],
  [7_200_000, '0 */2 * * *'],
  [86_400_000, '0 */23 * * *'],
])('%i ms: the longest rhythm of cron that is not slower: %s', (intervalMs, schedule) => {
  expect(cronSchedule(intervalMs)).toBe(schedule)
})

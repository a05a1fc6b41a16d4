import { expect, it } from 'vitest'
import { pgCronSchedule } from './pg-cron-schedule.ts'

it('below a minute pg_cron takes whole seconds, at least one; from a minute on what cron takes', () => {
  expect(pgCronSchedule(30_500)).toBe('30 seconds')
  expect(pgCronSchedule(100)).toBe('1 seconds')
  expect(pgCronSchedule(300_000)).toBe('*/5 * * * *')
})

import { cronSchedule } from '../../../../setup/cron-schedule.ts'

const MINUTE_MS = 60_000

/** As pg_cron takes it: below a minute `n seconds`, which it knows from 1.5 on. */
export function pgCronSchedule(intervalMs: number): string {
  return needsSeconds(intervalMs) ? `${Math.max(1, Math.floor(intervalMs / 1000))} seconds` : cronSchedule(intervalMs)
}

export function needsSeconds(intervalMs: number): boolean {
  return intervalMs < MINUTE_MS
}

const MINUTE_MS = 60_000
const HOUR_MINUTES = 60

/** A cron schedule (five fields) with the longest period that is not longer than the interval, but at least one minute. */
export function cronSchedule(intervalMs: number): string {
  const minutes = Math.max(1, Math.floor(intervalMs / MINUTE_MS))
  if (minutes === 1) return '* * * * *'
  if (minutes < HOUR_MINUTES) return `*/${minutes} * * * *`
  const hours = Math.min(23, Math.floor(minutes / HOUR_MINUTES))
  return hours === 1 ? '0 * * * *' : `0 */${hours} * * *`
}

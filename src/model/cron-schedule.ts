import { timeInWords } from './figures.ts'

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

/** What cron cannot do of the interval. null: it can. */
export function cronNote(intervalMs: number): string | null {
  const minutes = intervalMs / MINUTE_MS
  if (minutes < 1)
    return `Cron runs a job at most once a minute, and the interval is ${timeInWords(intervalMs)}: set heartbeat.source.interval to 1m or more, or its heartbeats count as late.`
  if (minutes <= HOUR_MINUTES || minutes % HOUR_MINUTES === 0) return null
  const hours = Math.min(23, Math.floor(minutes / HOUR_MINUTES))
  return `Cron has no period of ${timeInWords(intervalMs)}: this one runs every ${hours === 1 ? 'hour' : `${hours} hours`}, which is often enough.`
}

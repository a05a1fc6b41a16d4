import { cronSchedule } from '../../../../model/cron-schedule.ts'

const MINUTE_MS = 60_000

/** The interval in pg_cron's syntax. Below a minute it is `n seconds`, which pg_cron supports from 1.5 on. */
export function pgCronSchedule(intervalMs: number): string {
  return needsSeconds(intervalMs) ? `${Math.max(1, Math.floor(intervalMs / 1000))} seconds` : cronSchedule(intervalMs)
}

export function needsSeconds(intervalMs: number): boolean {
  return intervalMs < MINUTE_MS
}

/*
 * Grammar of a schedule of pg_cron:
 *   schedule  number 'seconds'                                   1.5 and later, 1 to 59
 *           | minute ' ' hour ' ' day ' ' month ' ' weekday
 *   field     item (',' item)*
 *   item      ('*' | number ('-' number)?) ('/' number)?
 */

const DAY_MINUTES = 1440

/** The longest time between two runs; a schedule that does not run every day counts as a day. null: not understood. */
export function longestGapMs(schedule: string): number | null {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(schedule)
  if (seconds !== null) return Number(seconds[1]) * 1000
  const [minute, hour, ...days] = schedule.trim().split(/\s+/)
  if (minute === undefined || hour === undefined || days.length !== 3) return null
  const minutes = valuesOf(minute, 59)
  const hours = valuesOf(hour, 23)
  if (minutes === null || hours === null) return null
  if (days.some((field) => field !== '*')) return DAY_MINUTES * 60_000
  const runs = hours.flatMap((h) => minutes.map((m) => h * 60 + m)).sort((a, b) => a - b)
  const gaps = runs.map((at, index) => (runs[index + 1] ?? (runs[0] ?? 0) + DAY_MINUTES) - at)
  return Math.max(...gaps) * 60_000
}

function valuesOf(field: string, last: number): readonly number[] | null {
  const values = new Set<number>()
  for (const item of field.split(',')) {
    const [, any, from, to, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item) ?? []
    if (any === undefined && from === undefined) return null
    const first = any === undefined ? Number(from) : 0
    const end = any === undefined ? Number(to ?? (step === undefined ? from : last)) : last
    const by = Number(step ?? 1)
    if (by === 0 || end > last || first > end) return null
    for (let value = first; value <= end; value += by) values.add(value)
  }
  return [...values]
}

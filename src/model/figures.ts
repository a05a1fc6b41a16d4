const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** A number of bytes for people, in PostgreSQL's units, which are powers of 1024: 67108864 is `64 MB`. */
export function bytesInWords(bytes: number): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : 1
  return `${Number(value.toFixed(digits))} ${UNITS[unit] ?? 'bytes'}`
}

/** A number of bytes for people who compare it with a limit. */
export function exactBytesInWords(bytes: number): string {
  return `${String(bytes).replaceAll(/\B(?=(\d{3})+$)/gu, ',')} bytes`
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

/** A duration for people, in the largest unit that gives a number of about two or more. */
export function timeInWords(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`
  if (ms < 3 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`
  if (ms < 2 * YEAR_MS) return `${Math.round(ms / DAY_MS)} days`
  return `${Math.round(ms / YEAR_MS)} years`
}

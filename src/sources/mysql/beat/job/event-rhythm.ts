/** The parts of an interval from the largest to the smallest, each with its milliseconds. */
const UNITS_MS: readonly (readonly [string, number])[] = [
  ['YEAR', 366 * 86_400_000],
  ['QUARTER', 92 * 86_400_000],
  ['MONTH', 31 * 86_400_000],
  ['WEEK', 7 * 86_400_000],
  ['DAY', 86_400_000],
  ['HOUR', 3_600_000],
  ['MINUTE', 60_000],
  ['SECOND', 1000],
]

/**
 * The longest time between two runs of an event, from INTERVAL_VALUE and INTERVAL_FIELD: `5` and `MINUTE`, or `'1:30'` and `MINUTE_SECOND`.
 * null: another form, or an event that runs only once.
 */
export function eventGapMs(value: string | null, field: string | null): number | null {
  if (value === null || field === null) return null
  const [from = '', to = from] = field.split('_')
  const first = UNITS_MS.findIndex(([unit]) => unit === from)
  const last = UNITS_MS.findIndex(([unit]) => unit === to)
  if (first < 0 || last < first) return null
  const units = UNITS_MS.slice(first, last + 1).filter(([unit]) => first === last || unit !== 'WEEK')
  const parts = value.match(/\d+/g) ?? []
  if (parts.length !== units.length) return null
  return units.reduce((sum, [, ms], at) => sum + Number(parts[at]) * ms, 0)
}

/**
 * A time for people, for example `14:03:05 +01:00`. It includes the date if that differs from the date of `besideMs`, which is usually now.
 */
export type LocalTime = (atMs: number, besideMs: number, precision?: 'seconds' | 'milliseconds') => string

/** Times in this zone, each with its offset from UTC, so that they can be compared with a log in UTC. */
export function localTimes(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'longOffset',
  })
  const parts = (atMs: number): LocalParts => {
    const of = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
    return {
      date: `${of['year']}-${of['month']}-${of['day']}`,
      time: `${of['hour']}:${of['minute']}:${of['second']}`,
      milliseconds: of['fractionalSecond'] ?? '000',
      // `GMT+01:00`. For UTC, `GMT` or `GMT+00:00`.
      offset: (of['timeZoneName'] ?? '').replace(/^GMT/u, '').replace(/^(\+00:00)?$/u, 'UTC'),
    }
  }
  return (atMs, besideMs, precision = 'seconds') => {
    const { date, time, milliseconds, offset } = parts(atMs)
    const day = date === parts(besideMs).date ? '' : `${date} `
    return `${day}${time}${precision === 'milliseconds' ? `.${milliseconds}` : ''} ${offset}`
  }
}

interface LocalParts {
  readonly date: string
  readonly time: string
  readonly milliseconds: string
  readonly offset: string
}

/** The time zone of this process, from TZ or the system. UTC if that zone has no name. */
export function systemTimeZone(): string {
  const zone: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return zone === undefined || zone === 'Etc/Unknown' ? 'UTC' : zone
}

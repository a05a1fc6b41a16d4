import { DURATION_EXAMPLES, parseDurationMs } from '../../model/duration.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'

const EXPECTED = `a duration such as ${DURATION_EXAMPLES}, or a time such as 2026-11-29T08:00 (local time) or 2026-11-29T08:00Z`

/** `--since` as epoch milliseconds. null: it was not given. */
export function sinceOption(
  input: CommandInput,
  { clock, timeZone }: Pick<CommandContext, 'clock' | 'timeZone'>,
): number | null {
  const text = textOption(input, 'since')
  if (text === null) return null
  const nowMs = clock.nowMs()
  const durationMs = parseDurationMs(text)
  if (durationMs !== null && durationMs >= 0) return nowMs - durationMs
  const atMs = parseTimeMs(text, timeZone)
  if (atMs === null) throw usageError('--since takes a duration or a time.', { found: text, expected: EXPECTED })
  if (atMs <= nowMs) return atMs
  const found = `${text}, which is ${new Date(atMs).toISOString()}; it is ${new Date(nowMs).toISOString()} now`
  throw usageError('--since is in the future.', { found, expected: 'a time in the past' })
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/iu

/** A date, with or without a time, as epoch milliseconds. `timeZone` applies if the text has no offset. null: it is not a date. */
export function parseTimeMs(text: string, timeZone: string): number | null {
  const match = TIME.exec(text.trim())
  if (match === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  const fields = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const
  const asUtcMs = Date.UTC(...fields)
  if (!isOnCalendar(asUtcMs, fields)) return null
  const ms = asUtcMs + Number(fraction.padEnd(3, '0'))
  if (zone === undefined) return ms - offsetAtLocalMs(asUtcMs, timeZone)
  const offset = offsetMs(zone)
  return offset === null ? null : ms - offset
}

type DateFields = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number]

/** `Date` would turn 31 November into 1 December. */
function isOnCalendar(ms: number, [year, month, day, hour, minute, second]: DateFields): boolean {
  const date = new Date(ms)
  return (
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  )
}

function offsetMs(zone: string): number | null {
  const match = /^([+-])(\d\d):?(\d\d)?$/u.exec(zone)
  if (match === null) return 0
  const [, sign, hours, minutes = '0'] = match
  if (Number(hours) > 15 || Number(minutes) > 59) return null
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
}

/** If a local time occurs twice, the first one is meant. One that a clock change skips is read with the offset before the change. */
function offsetAtLocalMs(localMs: number, timeZone: string): number {
  const before = zoneOffsetMs(localMs - 86_400_000, timeZone)
  if (zoneOffsetMs(localMs - before, timeZone) === before) return before
  const after = zoneOffsetMs(localMs + 86_400_000, timeZone)
  return zoneOffsetMs(localMs - after, timeZone) === after ? after : before
}

function zoneOffsetMs(atMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(atMs)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return offsetMs(name.replace(/^GMT/u, '').slice(0, '+01:00'.length)) ?? 0
}

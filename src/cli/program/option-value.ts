import { DURATION_EXAMPLES, parseDurationMs } from '../../model/duration.ts'
import type { CommandInput } from './command.ts'
import { usageError } from './usage-error.ts'

/** The value of an option such as `--since 1h`, in milliseconds. null: the option was not given. */
export function durationOption(input: CommandInput, name: string, flag: string): number | null {
  const text = input.options[name]
  if (typeof text !== 'string') return null
  const ms = parseDurationMs(text)
  if (ms !== null && ms >= 0) return ms
  throw usageError(`${flag} takes a duration.`, { found: text, expected: `for example ${DURATION_EXAMPLES}` })
}

/** The value of an option such as `--limit 10`, a whole number from 1. null: the option was not given. */
export function countOption(input: CommandInput, name: string, flag: string): number | null {
  const text = input.options[name]
  if (typeof text !== 'string') return null
  if (/^[1-9]\d{0,14}$/u.test(text)) return Number(text)
  throw usageError(`${flag} takes a whole number from 1.`, { found: text, expected: 'for example 10' })
}

export function textOption(input: CommandInput, name: string): string | null {
  const text = input.options[name]
  return typeof text === 'string' ? text : null
}

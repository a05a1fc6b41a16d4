import { z } from 'zod'
import { DURATION_EXAMPLES, DURATION_PATTERN, parseDurationMs } from '../model/duration.ts'

/** What is wrong with one value of the configuration. Never contains the value itself, which may be a secret. */
export class Mistake {
  readonly message: string
  readonly expected: string

  constructor(message: string, expected: string) {
    this.message = message
    this.expected = expected
  }
}

type JsonSchemaPart = Readonly<Record<string, unknown>>

/**
 * The schema of one value of the configuration. `parse` gets the value from YAML (always text if a variable was substituted) and returns
 * the parsed value or a Mistake. `part` is the equivalent JSON Schema, for editors. An absent value is a mistake.
 */
export function scalar<T>(part: JsonSchemaPart, expected: string, parse: (value: unknown) => T | Mistake) {
  return z
    .unknown()
    .meta(orVariable(part))
    .transform((value, context): T => {
      const parsed = value === undefined ? new Mistake('is missing', expected) : parse(value)
      if (!(parsed instanceof Mistake)) return parsed
      context.addIssue({ code: 'custom', message: parsed.message, params: { expected: parsed.expected } })
      return z.NEVER
    })
}

/** Lets an editor accept a variable where the value must have a certain form. */
function orVariable(part: JsonSchemaPart): JsonSchemaPart {
  const anyText = part['type'] === 'string' && part['pattern'] === undefined
  return anyText ? { ...part } : { anyOf: [part, { type: 'string', pattern: '\\$\\{' }] }
}

interface TextForm {
  readonly expected: string
  readonly pattern?: string
  readonly maxBytes?: number
}

/** Text that is not empty. A bare number or `true` is refused, because YAML has already changed it (0123, 1e3). */
export function text(form: TextForm) {
  const pattern = form.pattern === undefined ? null : new RegExp(form.pattern, 'u')
  const part = form.pattern === undefined ? { type: 'string', minLength: 1 } : { type: 'string', pattern: form.pattern }
  return scalar(part, form.expected, (value): string | Mistake => {
    if (typeof value === 'number' || typeof value === 'boolean') {
      return new Mistake('is not text; put it in quotes', form.expected)
    }
    if (typeof value !== 'string') return new Mistake('is not text', form.expected)
    if (value === '') return new Mistake('is empty', form.expected)
    const tooLong = form.maxBytes !== undefined && Buffer.byteLength(value) > form.maxBytes
    if (tooLong || pattern?.test(value) === false) return new Mistake('is not in the right form', form.expected)
    return value
  })
}

export interface DurationLimits {
  readonly minMs: number
  /** The reason for the minimum, for the error message. */
  readonly tooShort: (ms: number) => string
  readonly maxMs: number
  readonly tooLong: string
}

const durationExpected = `a number with its unit, such as ${DURATION_EXAMPLES}`

/** A duration, in milliseconds. */
export function duration(limits: DurationLimits) {
  return scalar({ type: 'string', pattern: DURATION_PATTERN }, durationExpected, (value): number | Mistake => {
    const ms = durationMs(value)
    if (ms instanceof Mistake) return ms
    if (ms < limits.minMs) return new Mistake(limits.tooShort(ms), durationExpected)
    if (ms > limits.maxMs) return new Mistake(limits.tooLong, durationExpected)
    return ms
  })
}

function durationMs(value: unknown): number | Mistake {
  if (value === 0 || value === '0') return 0
  if (typeof value === 'number') return new Mistake('has no unit', durationExpected)
  const ms = typeof value === 'string' ? parseDurationMs(value) : null
  return ms ?? new Mistake('is not a duration', durationExpected)
}

/** `on`, `off`, `true` or `false`. YAML 1.2 reads the first two as text. */
export function toggle() {
  return scalar({ enum: [true, false, 'on', 'off'] }, 'on or off', (value): boolean | Mistake => {
    if (value === true || value === 'on' || value === 'true') return true
    if (isOff(value)) return false
    return new Mistake('is neither on nor off', 'on or off')
  })
}

export function isOff(value: unknown): boolean {
  return value === false || value === 'off' || value === 'false'
}

/** A whole number between two bounds. Digits as text are accepted too, because a variable gives text. */
export function wholeNumber(min: number, max: number, expected: string) {
  return scalar({ type: 'integer', minimum: min, maximum: max }, expected, (value): number | Mistake => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      return new Mistake('is not a whole number', expected)
    return number < min || number > max ? new Mistake('is out of range', expected) : number
  })
}

/** A percentage such as `80%`, as a number between 0 and 1. */
export function percent() {
  const expected = 'a share above 0% and up to 100%, such as 80%'
  return scalar({ type: 'string', pattern: '^\\d+(\\.\\d+)?%$' }, expected, (value): number | Mistake => {
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(value.trim()) : null
    if (match === null) return new Mistake('is not a share in percent', expected)
    const ratio = Number(match[1]) / 100
    return ratio > 0 && ratio <= 1 ? ratio : new Mistake('is out of range', expected)
  })
}

/** One of a few words. `refused`: known words that are not available, each with the reason. */
export function choice<const Word extends string>(
  words: readonly Word[],
  refused: Readonly<Record<string, string>> = {},
) {
  const expected = listed(words)
  return scalar({ enum: [...words] }, expected, (value): Word | Mistake => {
    const word = words.find((each) => each === value)
    if (word !== undefined) return word
    const reason = typeof value === 'string' && Object.hasOwn(refused, value) ? refused[value] : undefined
    return new Mistake(reason ?? 'is not one of the choices', expected)
  })
}

/** `a, b or c`. */
export function listed(words: readonly string[], last: 'or' | 'and' = 'or'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}

import { pino, stdTimeFunctions } from 'pino'
import { asOffbeatError } from '../../model/error.ts'
import type { Logger } from '../../model/logger.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import type { LogLevel, Output } from '../program/command.ts'
import { errorFields } from './error-report.ts'
import { LogLines } from './log-line.ts'
import { scrub } from './scrub.ts'
import { styleFor } from './style.ts'

/** Fields whose values are never written, at the top level or one level below. */
const SECRET_FIELDS = ['password', 'secret', 'token', 'url', 'connectionString', 'key', 'authorization']

export interface LoggerOptions {
  readonly level: LogLevel
  /** JSON lines, or text for a terminal. */
  readonly human: boolean
  readonly color: boolean
  /** The zone of the times in text lines. JSON lines are in UTC. */
  readonly timeZone: string
  /** The form of the source with this name. */
  readonly scriptOf: (source: string) => ScriptForm
}

/** The process's logger. Each call writes one line at once, so that nothing is lost when the process ends. */
export function openLogger(output: Output, options: LoggerOptions): Logger {
  const lines = new LogLines(styleFor(options.color), options.timeZone, options.scriptOf)
  const write = options.human
    ? (line: string) => output.write(lines.describe(line, output.columns))
    : (line: string) => output.write(line)
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError, err: serializeError },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    { write: (line: string) => write(scrub(line)) },
  )
}

function serializeError(error: unknown): unknown {
  return error instanceof Error ? errorFields(asOffbeatError(error)) : error
}

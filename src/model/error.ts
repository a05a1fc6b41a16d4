import { ERROR_TABLE, type ErrorCode } from './error-code.ts'
import type { ErrorEntry, ErrorKind } from './error-entry.ts'
import type { Fix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { Loss } from './loss.ts'

export interface ErrorDetails {
  /** What failed and on which object, in one sentence. No secret, no row value. */
  readonly message: string
  readonly found?: string
  readonly expected?: string
  readonly fix?: readonly Fix[]
  /** For a lost position: what is missing and the choices, for the screen that shows them. */
  readonly loss?: Loss
  /** Evidence in machine-readable form. */
  readonly details?: JsonObject
  readonly cause?: unknown
}

/** The only error class: classified by code, with what was found, what was expected and what to run. */
export class OffbeatError extends Error {
  override readonly name = 'OffbeatError'
  readonly code: ErrorCode
  readonly found: string | null
  readonly expected: string | null
  readonly fix: readonly Fix[]
  readonly loss: Loss | null
  readonly details: JsonObject

  constructor(code: ErrorCode, about: ErrorDetails) {
    super(about.message, about.cause === undefined ? undefined : { cause: about.cause })
    this.code = code
    this.found = about.found ?? null
    this.expected = about.expected ?? null
    this.fix = about.fix ?? []
    this.loss = about.loss ?? null
    this.details = about.details ?? {}
  }

  get entry(): ErrorEntry {
    return ERROR_TABLE[this.code]
  }

  get kind(): ErrorKind {
    return this.entry.kind
  }

  get retry(): boolean {
    return this.entry.retry
  }
}

/** Converts any thrown value to an OffbeatError. Anything that is not one already is a defect in Offbeat. */
export function asOffbeatError(thrown: unknown): OffbeatError {
  if (thrown instanceof OffbeatError) return thrown
  return new OffbeatError('DEFECT', { message: wordsOf(thrown), cause: thrown })
}

/**
 * The message of a SyntaxError contains the text that could not be parsed. The message of an error with a code (from Node.js or a driver)
 * contains the rejected value, which may come from a row. Messages of system and SQLite errors only name files and tables.
 */
function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a ${typeof thrown} was thrown, which may contain data`
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
  if ('syscall' in thrown || 'errcode' in thrown || (code === null && !(thrown instanceof SyntaxError)))
    return `${thrown.name}: ${thrown.message}`
  return `${thrown.name}${code === null ? '' : ` ${code}`}, whose message may contain data`
}

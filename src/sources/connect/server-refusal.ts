import type { ErrorCode } from '../../model/error-code.ts'
import { address, type ServerTarget, targetInWords } from './server-target.ts'

/** `object`: what the request was about, e.g. `the table public.orders`. */
type Words = (to: ServerTarget, object: string) => string

const WORDS: { readonly [code in ErrorCode]?: Words } = {
  DATABASE_PASSWORD_WRONG: (to) => `the server ${address(to)} refused the password of the user ${to.user}`,
  DATABASE_LOGIN_REFUSED: (to) =>
    `the server ${address(to)} refuses the login of the user ${to.user}${to.database === null ? '' : ` to the database ${to.database}`}`,
  DATABASE_MISSING: (to) => `the server ${address(to)} has no database ${to.database ?? 'of this name'}`,
  DATABASE_CLOSED: (to) => `${targetInWords(to)} does not accept connections`,
  DATABASE_PERMISSION: (to) =>
    `the user ${to.user} lacks a privilege ${to.database === null ? 'on' : 'in'} ${targetInWords(to)}`,
  DATABASE_TOO_MANY_CONNECTIONS: (to) => `the server ${address(to)} has no free connection for the user ${to.user}`,
  DATABASE_STOPPING: (to) => `the server ${address(to)} ended the connection: it is shutting down`,
  DATABASE_STARTING: (to) =>
    `the server ${address(to)} accepts no connections now: it is starting, recovering or shutting down`,
  DATABASE_CONNECTION_LOST: (to) => `the connection to ${address(to)} failed`,
  DATABASE_STATEMENT_ENDED: (to, object) => `the server ${address(to)} ended a statement of ours: ${object}`,
  DATABASE_SESSION_ENDED: (to) =>
    `the server ${address(to)} ended a session of ours${to.database === null ? '' : ` in the database ${to.database}`}`,
}

/**
 * The message for a refusal with one of our codes, for a database that has no message of its own. null: the message depends on the
 * database.
 */
export function refusalInWords(code: ErrorCode, to: ServerTarget, object: string): string | null {
  return WORDS[code]?.(to, object) ?? null
}

import { OffbeatError } from '../../../model/error.ts'
import { type ErrorCode, outcomeOf } from '../../../model/error-code.ts'

/** The classes in `errcodes.txt` of PostgreSQL 14 to 19 that add nothing to the server's message. */
const PLAIN_CLASSES =
  '03 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 2B 2D 2F 34 38 39 3B 3F 42 44 54 55 58 F0 HV P0 XX'.split(' ')

/** The other classes. A state that is more specific than its class has a row in `STATES`. */
const CLASSES: { readonly [sqlstateClass: string]: ErrorCode } = {
  '08': 'DATABASE_CONNECTION_LOST',
  '28': 'DATABASE_LOGIN_REFUSED',
  '3D': 'DATABASE_MISSING',
  '40': 'DATABASE_STATEMENT_ENDED',
  '53': 'DATABASE_OUT_OF_RESOURCES',
  '57': 'DATABASE_SESSION_ENDED',
  '72': 'DATABASE_STATEMENT_ENDED',
}

interface State {
  readonly code: ErrorCode
  /** Codes by the server's function that raised the error, where the function is more specific than the state. */
  readonly byRoutine?: { readonly [routine: string]: ErrorCode }
}

const STATES: { readonly [sqlstate: string]: State } = {
  /** A proxy in between reports it when it cannot reach its server. */
  '08004': { code: 'DATABASE_ERROR' },
  /** The two sides do not use the same protocol. A retry does not change that. */
  '08P01': { code: 'DATABASE_ERROR' },
  '0A000': {
    code: 'DATABASE_ERROR',
    byRoutine: {
      // During a login, the only conversion is to UTF-8, which we ask for.
      InitializeClientEncoding: 'POSTGRES_ENCODING',
      CheckLogicalDecodingRequirements: 'POSTGRES_STANDBY',
    },
  },
  '25P03': { code: 'DATABASE_SESSION_ENDED' },
  '25P04': { code: 'DATABASE_SESSION_ENDED' },
  '28P01': { code: 'DATABASE_PASSWORD_WRONG' },
  '42501': { code: 'DATABASE_PERMISSION' },
  '53300': { code: 'DATABASE_TOO_MANY_CONNECTIONS' },
  '53400': {
    code: 'POSTGRES_NO_SLOTS_LEFT',
    // `temp_file_limit`
    byRoutine: { FileWrite: 'DATABASE_OUT_OF_RESOURCES', FileWriteV: 'DATABASE_OUT_OF_RESOURCES' },
  },
  '55000': {
    code: 'DATABASE_ERROR',
    byRoutine: {
      // ALLOW_CONNECTIONS is false, or a DROP of the database was interrupted.
      CheckMyDatabase: 'DATABASE_CLOSED',
      InitPostgres: 'DATABASE_CLOSED',
      CheckLogicalDecodingRequirements: 'POSTGRES_WAL_LEVEL',
    },
  },
  '55006': { code: 'POSTGRES_SLOT_IN_USE' },
  '55P03': { code: 'DATABASE_STATEMENT_ENDED' },
  '57014': { code: 'DATABASE_STATEMENT_ENDED' },
  '57P01': { code: 'DATABASE_STOPPING' },
  '57P02': { code: 'DATABASE_STOPPING' },
  '57P03': { code: 'DATABASE_STARTING' },
  XX001: { code: 'DATABASE_CORRUPTED' },
  XX002: { code: 'DATABASE_CORRUPTED' },
}

/** The state in a classified error; null: it is not an error of a server. */
export function sqlstateOf(error: unknown): string | null {
  if (!(error instanceof OffbeatError)) return null
  const { sqlstate } = error.details
  return typeof sqlstate === 'string' ? sqlstate : null
}

/** null: no server from 14 to 19 has this state. */
export function listedCode(sqlstate: string, routine: string | null = null): ErrorCode | null {
  const state = STATES[sqlstate]
  const byRoutine = routine === null ? undefined : state?.byRoutine?.[routine]
  const ofClass = sqlstate.slice(0, 2)
  const byClass = CLASSES[ofClass] ?? (PLAIN_CLASSES.includes(ofClass) ? 'DATABASE_ERROR' : null)
  return byRoutine ?? state?.code ?? byClass
}

/**
 * The code for an error of the server's own functions. A user-defined function can raise any state, so a permanent one proves nothing
 * there.
 */
export function codeOfSqlstate(sqlstate: string, routine: string | null, inFunction: boolean): ErrorCode {
  const code = listedCode(sqlstate, routine) ?? 'DATABASE_ERROR'
  return inFunction && outcomeOf(code) !== 'transient' ? 'POSTGRES_FUNCTION_FAILED' : code
}

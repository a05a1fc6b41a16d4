import { OffbeatError } from '../../../model/error.ts'
import { ERROR_TABLE, type ErrorCode } from '../../../model/error-code.ts'

/**
 * `transient`: passes by itself, and is retried. `permanent`: a person must act, so the connector stops with the fix. `unknown`: nothing says
 * which of the two it is; it is retried, and each attempt is reported at a higher level, with the statement and its object.
 */
export type SqlstateOutcome = 'transient' | 'permanent' | 'unknown'

export function outcomeOf(code: ErrorCode): SqlstateOutcome {
  const { kind, retry } = ERROR_TABLE[code]
  if (kind === 'unknown') return 'unknown'
  return retry ? 'transient' : 'permanent'
}

/** Every class of `errcodes.txt` of PostgreSQL 14 to 19, in its order. A state that means more than its class has a row in `STATES`. */
const CLASSES: { readonly [sqlstateClass: string]: ErrorCode } = {
  '03': 'DATABASE_ERROR',
  '08': 'DATABASE_CONNECTION_LOST',
  '09': 'DATABASE_ERROR',
  '0A': 'DATABASE_ERROR',
  '0B': 'DATABASE_ERROR',
  '0F': 'DATABASE_ERROR',
  '0L': 'DATABASE_ERROR',
  '0P': 'DATABASE_ERROR',
  '0Z': 'DATABASE_ERROR',
  '10': 'DATABASE_ERROR',
  '20': 'DATABASE_ERROR',
  '21': 'DATABASE_ERROR',
  '22': 'DATABASE_ERROR',
  '23': 'DATABASE_ERROR',
  '24': 'DATABASE_ERROR',
  '25': 'DATABASE_ERROR',
  '26': 'DATABASE_ERROR',
  '27': 'DATABASE_ERROR',
  '28': 'DATABASE_LOGIN_REFUSED',
  '2B': 'DATABASE_ERROR',
  '2D': 'DATABASE_ERROR',
  '2F': 'DATABASE_ERROR',
  '34': 'DATABASE_ERROR',
  '38': 'DATABASE_ERROR',
  '39': 'DATABASE_ERROR',
  '3B': 'DATABASE_ERROR',
  '3D': 'DATABASE_MISSING',
  '3F': 'DATABASE_ERROR',
  '40': 'DATABASE_STATEMENT_ENDED',
  '42': 'DATABASE_ERROR',
  '44': 'DATABASE_ERROR',
  '53': 'DATABASE_OUT_OF_RESOURCES',
  '54': 'DATABASE_ERROR',
  '55': 'DATABASE_ERROR',
  '57': 'DATABASE_SESSION_ENDED',
  '58': 'DATABASE_ERROR',
  '72': 'DATABASE_STATEMENT_ENDED',
  F0: 'DATABASE_ERROR',
  HV: 'DATABASE_ERROR',
  P0: 'DATABASE_ERROR',
  XX: 'DATABASE_ERROR',
}

interface State {
  readonly code: ErrorCode
  /** Where the function of the server that raised it says more than the state. */
  readonly byRoutine?: { readonly [routine: string]: ErrorCode }
}

const STATES: { readonly [sqlstate: string]: State } = {
  /** A proxy in between reports it for a server that it does not reach. */
  '08004': { code: 'DATABASE_ERROR' },
  /** The two sides do not speak the same protocol, which no retry changes. */
  '08P01': { code: 'DATABASE_ERROR' },
  '0A000': {
    code: 'DATABASE_ERROR',
    byRoutine: {
      // At a login the only conversion is to our UTF-8.
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
      // ALLOW_CONNECTIONS false; a database whose DROP was interrupted.
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

/** Of a classified error; null: it is not one of a server. */
export function sqlstateOf(error: unknown): string | null {
  if (!(error instanceof OffbeatError)) return null
  const { sqlstate } = error.details
  return typeof sqlstate === 'string' ? sqlstate : null
}

/** null: no server of 14 to 19 has this state. */
export function listedCode(sqlstate: string, routine: string | null = null): ErrorCode | null {
  const state = STATES[sqlstate]
  const byRoutine = routine === null ? undefined : state?.byRoutine?.[routine]
  return byRoutine ?? state?.code ?? CLASSES[sqlstate.slice(0, 2)] ?? null
}

/** Of the server's own functions. A function of the database's owner can raise any state, so a permanent one proves nothing there. */
export function codeOfSqlstate(sqlstate: string, routine: string | null, inFunction: boolean): ErrorCode {
  const code = listedCode(sqlstate, routine) ?? 'DATABASE_ERROR'
  return inFunction && outcomeOf(code) !== 'transient' ? 'POSTGRES_FUNCTION_FAILED' : code
}

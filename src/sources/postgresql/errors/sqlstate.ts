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
  '03': 'POSTGRES_SERVER_ERROR',
  '08': 'POSTGRES_CONNECTION_LOST',
  '09': 'POSTGRES_SERVER_ERROR',
  '0A': 'POSTGRES_SERVER_ERROR',
  '0B': 'POSTGRES_SERVER_ERROR',
  '0F': 'POSTGRES_SERVER_ERROR',
  '0L': 'POSTGRES_SERVER_ERROR',
  '0P': 'POSTGRES_SERVER_ERROR',
  '0Z': 'POSTGRES_SERVER_ERROR',
  '10': 'POSTGRES_SERVER_ERROR',
  '20': 'POSTGRES_SERVER_ERROR',
  '21': 'POSTGRES_SERVER_ERROR',
  '22': 'POSTGRES_SERVER_ERROR',
  '23': 'POSTGRES_SERVER_ERROR',
  '24': 'POSTGRES_SERVER_ERROR',
  '25': 'POSTGRES_SERVER_ERROR',
  '26': 'POSTGRES_SERVER_ERROR',
  '27': 'POSTGRES_SERVER_ERROR',
  '28': 'POSTGRES_LOGIN_REFUSED',
  '2B': 'POSTGRES_SERVER_ERROR',
  '2D': 'POSTGRES_SERVER_ERROR',
  '2F': 'POSTGRES_SERVER_ERROR',
  '34': 'POSTGRES_SERVER_ERROR',
  '38': 'POSTGRES_SERVER_ERROR',
  '39': 'POSTGRES_SERVER_ERROR',
  '3B': 'POSTGRES_SERVER_ERROR',
  '3D': 'POSTGRES_DATABASE_MISSING',
  '3F': 'POSTGRES_SERVER_ERROR',
  '40': 'POSTGRES_STATEMENT_ENDED',
  '42': 'POSTGRES_SERVER_ERROR',
  '44': 'POSTGRES_SERVER_ERROR',
  '53': 'POSTGRES_OUT_OF_RESOURCES',
  '54': 'POSTGRES_SERVER_ERROR',
  '55': 'POSTGRES_SERVER_ERROR',
  '57': 'POSTGRES_SESSION_ENDED',
  '58': 'POSTGRES_SERVER_ERROR',
  '72': 'POSTGRES_STATEMENT_ENDED',
  F0: 'POSTGRES_SERVER_ERROR',
  HV: 'POSTGRES_SERVER_ERROR',
  P0: 'POSTGRES_SERVER_ERROR',
  XX: 'POSTGRES_SERVER_ERROR',
}

interface State {
  readonly code: ErrorCode
  /** Where the function of the server that raised it says more than the state. */
  readonly byRoutine?: { readonly [routine: string]: ErrorCode }
}

const STATES: { readonly [sqlstate: string]: State } = {
  /** A proxy in between reports it for a server that it does not reach. */
  '08004': { code: 'POSTGRES_SERVER_ERROR' },
  /** The two sides do not speak the same protocol, which no retry changes. */
  '08P01': { code: 'POSTGRES_SERVER_ERROR' },
  '0A000': {
    code: 'POSTGRES_SERVER_ERROR',
    byRoutine: {
      // At a login the only conversion is to our UTF-8.
      InitializeClientEncoding: 'POSTGRES_ENCODING',
      CheckLogicalDecodingRequirements: 'POSTGRES_STANDBY',
    },
  },
  '25P03': { code: 'POSTGRES_SESSION_ENDED' },
  '25P04': { code: 'POSTGRES_SESSION_ENDED' },
  '28P01': { code: 'POSTGRES_PASSWORD_WRONG' },
  '42501': { code: 'POSTGRES_PERMISSION' },
  '53300': { code: 'POSTGRES_TOO_MANY_CONNECTIONS' },
  '53400': {
    code: 'POSTGRES_NO_SLOTS_LEFT',
    // `temp_file_limit`
    byRoutine: { FileWrite: 'POSTGRES_OUT_OF_RESOURCES', FileWriteV: 'POSTGRES_OUT_OF_RESOURCES' },
  },
  '55000': {
    code: 'POSTGRES_SERVER_ERROR',
    byRoutine: {
      // ALLOW_CONNECTIONS false; a database whose DROP was interrupted.
      CheckMyDatabase: 'POSTGRES_DATABASE_CLOSED',
      InitPostgres: 'POSTGRES_DATABASE_CLOSED',
      CheckLogicalDecodingRequirements: 'POSTGRES_WAL_LEVEL',
    },
  },
  '55006': { code: 'POSTGRES_SLOT_IN_USE' },
  '55P03': { code: 'POSTGRES_STATEMENT_ENDED' },
  '57014': { code: 'POSTGRES_STATEMENT_ENDED' },
  '57P01': { code: 'POSTGRES_SERVER_STOPPING' },
  '57P02': { code: 'POSTGRES_SERVER_STOPPING' },
  '57P03': { code: 'POSTGRES_SERVER_STARTING' },
  XX001: { code: 'POSTGRES_DATA_CORRUPTED' },
  XX002: { code: 'POSTGRES_DATA_CORRUPTED' },
}

/** null: no server of 14 to 19 has this state. */
export function listedCode(sqlstate: string, routine: string | null = null): ErrorCode | null {
  const state = STATES[sqlstate]
  const byRoutine = routine === null ? undefined : state?.byRoutine?.[routine]
  return byRoutine ?? state?.code ?? CLASSES[sqlstate.slice(0, 2)] ?? null
}

/** Of the server's own functions. A function of the database's owner can raise any state, so a permanent one proves nothing there. */
export function codeOfSqlstate(sqlstate: string, routine: string | null, inFunction: boolean): ErrorCode {
  const code = listedCode(sqlstate, routine) ?? 'POSTGRES_SERVER_ERROR'
  return inFunction && outcomeOf(code) !== 'transient' ? 'POSTGRES_FUNCTION_FAILED' : code
}

import { OffbeatError } from '../../model/error.ts'
import type { Fix } from '../../model/fix.ts'
import type { Logger } from '../../model/logger.ts'
import type { BrokenHop } from '../../model/source-status.ts'
import { unreachable } from '../../model/unreachable.ts'

/**
 * Why a heartbeat row was not written. `HEARTBEAT_TABLE_MISSING`: the table or its container does not exist. `_TABLE_SHAPE`: a column is
 * missing or has another type. `_READ_ONLY`: the server or the session is read-only. `_SLOW`: a lock or a timeout. `_SUPPRESSED`: the row
 * exists, and writing it changes nothing.
 */
export type BeatFailure =
  | 'HEARTBEAT_TABLE_MISSING'
  | 'HEARTBEAT_TABLE_SHAPE'
  | 'HEARTBEAT_DENIED'
  | 'HEARTBEAT_READ_ONLY'
  | 'HEARTBEAT_SLOW'
  | 'HEARTBEAT_SUPPRESSED'

/** What only the database knows about a failure. */
export interface BeatRefusal {
  readonly code: BeatFailure
  /** What prevents the write, if it is known; absent: what the server reported. */
  readonly found?: string
  /** Absent: the same text for every database. */
  readonly expected?: string
  readonly fix: readonly Fix[]
}

/** The heartbeat row of a database, for one beat. Each write is a separate transaction and rejects with a classified error. */
export interface HeartbeatRow {
  /** The table, as statements name it. */
  readonly table: string
  /** What must contain the table, in words: `the database shop`. */
  readonly location: string
  /** Who writes, in words: `the role offbeat`. */
  readonly writer: string
  /** Sets the nonce and the time in the row with id 1. false: no row was changed. */
  update(): Promise<boolean>
  /**
   * Inserts the row with id 1, the nonce and the time. false: no row was inserted, because another client has just done it or something
   * suppresses it.
   */
  insert(): Promise<boolean>
  /**
   * Called once, after a failure. Classifies by the server's codes, never by its messages, and looks up the cause if the connection is
   * still open. `error` is null if both writes changed nothing and no error was reported. Returns null if it is none of these failures.
   */
  refusal(error: OffbeatError | null): Promise<BeatRefusal | null>
}

/** What an inspection reports about a row that cannot be written, before a heartbeat fails. */
export function unwritableHop(
  code: Exclude<BeatFailure, 'HEARTBEAT_SLOW'>,
  row: Pick<HeartbeatRow, 'table' | 'location' | 'writer'>,
  fix: readonly Fix[],
): BrokenHop {
  return { hop: 'written', code, found: messageOf(code, row, 0), fix }
}

/** One layer 2 write. Updates the row, inserts it if it is missing, and updates again if another client inserted it first. */
export async function writeHeartbeat(
  row: HeartbeatRow,
  about: { readonly timeoutMs: number; readonly log: Pick<Logger, 'warn'> },
): Promise<void> {
  try {
    if (await row.update()) return
    if (await row.insert()) {
      about.log.warn({ table: row.table }, 'the heartbeat table had no row with id 1: it was inserted')
      return
    }
    if (await row.update()) return
  } catch (error) {
    throw error instanceof OffbeatError ? await refused(row, error, about.timeoutMs) : error
  }
  throw await refused(row, null, about.timeoutMs)
}

async function refused(row: HeartbeatRow, error: OffbeatError | null, timeoutMs: number): Promise<OffbeatError> {
  const refusal = (await row.refusal(error)) ?? (error === null ? SUPPRESSED : null)
  if (refusal === null) return error ?? new OffbeatError('DEFECT', { message: 'a heartbeat failed without a reason' })
  return new OffbeatError(refusal.code, {
    message: messageOf(refusal.code, row, timeoutMs),
    found: refusal.found ?? error?.found ?? error?.code ?? 'no row was changed, without an error',
    expected: refusal.expected ?? EXPECTED[refusal.code],
    fix: refusal.fix,
    details: { ...error?.details, table: row.table },
  })
}

const SUPPRESSED: BeatRefusal = { code: 'HEARTBEAT_SUPPRESSED', fix: [] }

const EXPECTED: { readonly [code in BeatFailure]: string } = {
  HEARTBEAT_TABLE_MISSING: 'a table with id, text and last_update',
  HEARTBEAT_TABLE_SHAPE: 'id as an integer, text as a text, last_update as a timestamp',
  HEARTBEAT_DENIED: 'SELECT, INSERT, UPDATE and DELETE on the table',
  HEARTBEAT_READ_ONLY: 'a primary, and a session that can write',
  HEARTBEAT_SLOW: 'a row that is not locked for long',
  HEARTBEAT_SUPPRESSED: 'nothing on the server that keeps the row from being written',
}

function messageOf(
  code: BeatFailure,
  { table, location, writer }: Pick<HeartbeatRow, 'table' | 'location' | 'writer'>,
  timeoutMs: number,
): string {
  switch (code) {
    case 'HEARTBEAT_TABLE_MISSING':
      return `the heartbeat table ${table} does not exist in ${location}`
    case 'HEARTBEAT_TABLE_SHAPE':
      return `the heartbeat table ${table} lacks columns that a heartbeat writes`
    case 'HEARTBEAT_DENIED':
      return `${writer} cannot write to the heartbeat table ${table}`
    case 'HEARTBEAT_READ_ONLY':
      return `the heartbeat table ${table} cannot be written: the server or the session is read-only`
    case 'HEARTBEAT_SLOW':
      return `the heartbeat row in ${table} could not be written within ${timeoutMs} ms`
    case 'HEARTBEAT_SUPPRESSED':
      return `the update of the heartbeat row in ${table} changes no row, though the row exists`
    default:
      return unreachable(code)
  }
}

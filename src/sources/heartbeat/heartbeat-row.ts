import type { DataWords } from '../../model/data-words.ts'
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
  readonly words: DataWords
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

type HeartbeatPlace = Pick<HeartbeatRow, 'table' | 'words' | 'location' | 'writer'>

/** What an inspection reports about a row that cannot be written, before a heartbeat fails. */
export function unwritableHop(
  code: Exclude<BeatFailure, 'HEARTBEAT_SLOW'>,
  row: HeartbeatPlace,
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
      const { table, words } = row
      about.log.warn({ table }, `the heartbeat ${words.table} had no ${words.firstRow}: it was inserted`)
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
    found: refusal.found ?? error?.found ?? error?.code ?? `no ${row.words.row} was changed, without an error`,
    expected: refusal.expected ?? expectedOf(refusal.code, row.words),
    fix: refusal.fix,
    details: { ...error?.details, table: row.table },
  })
}

const SUPPRESSED: BeatRefusal = { code: 'HEARTBEAT_SUPPRESSED', fix: [] }

function expectedOf(code: BeatFailure, { table, row }: DataWords): string {
  switch (code) {
    case 'HEARTBEAT_TABLE_MISSING':
      return `a ${table} with id, text and last_update`
    case 'HEARTBEAT_TABLE_SHAPE':
      return 'id as an integer, text as a text, last_update as a timestamp'
    case 'HEARTBEAT_DENIED':
      return `SELECT, INSERT, UPDATE and DELETE on the ${table}`
    case 'HEARTBEAT_READ_ONLY':
      return 'a primary, and a session that can write'
    case 'HEARTBEAT_SLOW':
      return `a ${row} that is not locked for long`
    case 'HEARTBEAT_SUPPRESSED':
      return `nothing on the server that keeps the ${row} from being written`
    default:
      return unreachable(code)
  }
}

function messageOf(code: BeatFailure, { table, words, location, writer }: HeartbeatPlace, timeoutMs: number): string {
  switch (code) {
    case 'HEARTBEAT_TABLE_MISSING':
      return `the heartbeat ${words.table} ${table} does not exist in ${location}`
    case 'HEARTBEAT_TABLE_SHAPE':
      return `the heartbeat ${words.table} ${table} lacks ${words.column}s that a heartbeat writes`
    case 'HEARTBEAT_DENIED':
      return `${writer} cannot write to the heartbeat ${words.table} ${table}`
    case 'HEARTBEAT_READ_ONLY':
      return `the heartbeat ${words.table} ${table} cannot be written: the server or the session is read-only`
    case 'HEARTBEAT_SLOW':
      return `the heartbeat ${words.row} in ${table} could not be written within ${timeoutMs} ms`
    case 'HEARTBEAT_SUPPRESSED':
      return `the update of the heartbeat ${words.row} in ${table} changes no ${words.row}, though the ${words.row} exists`
    default:
      return unreachable(code)
  }
}

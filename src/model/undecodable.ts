import { asOffbeatError, OffbeatError } from './error.ts'
import { forPerson, inShell } from './fix.ts'

/** The transaction in which something could not be decoded. */
export interface UndecodableIn {
  readonly source: string
  readonly transaction: string | null
  readonly committedAtMs: number | null
  /** `schema.table`; null: not known. */
  readonly table: string | null
  /** The server itself cannot send all of the transaction. */
  readonly isUnsent?: true
}

interface Refusal {
  /** What cannot be done with the transaction. */
  readonly act: string
  readonly saved: string
}

const SAVED = 'its raw bytes are saved first'
const UNDECODED: Refusal = { act: 'decoded', saved: SAVED }
const UNDELIVERED: Refusal = { act: 'delivered', saved: SAVED }
const UNSENT: Refusal = { act: 'sent', saved: 'what the server can send of it is saved first' }

function refusalOf({ code }: OffbeatError, { isUnsent }: UndecodableIn): Refusal {
  if (isUnsent === true) return UNSENT
  return code === 'MESSAGE_TOO_LARGE' ? UNDELIVERED : UNDECODED
}

/** Turns the decoder's or encoder's error into one that names the transaction and the command that skips it. */
export function undecodable(thrown: unknown, about: UndecodableIn): OffbeatError {
  const error = asOffbeatError(thrown)
  const { source, transaction, committedAtMs, table } = about
  if (transaction === null || isUndecodable(error)) return error
  const { act, saved } = refusalOf(error, about)
  const committed = committedAtMs === null ? '' : `, committed at ${new Date(committedAtMs).toISOString()},`
  return new OffbeatError(error.code, {
    message: `the transaction ${transaction}${committed} cannot be ${act}${table === null ? '' : ` (${table})`}: ${error.message}`,
    ...(error.found === null ? {} : { found: error.found }),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: [
      ...error.fix,
      forPerson(`everything before it is delivered; to skip it, which loses this one transaction (${saved}):`),
      inShell(`offbeat offsets skip ${source} --transaction ${transaction}`),
    ],
    details: { ...error.details, undecodable: true, transaction, table },
    cause: error.cause ?? thrown,
  })
}

export function isUndecodable(thrown: unknown): boolean {
  return thrown instanceof OffbeatError && thrown.details['undecodable'] === true
}

/** Like `undecodable`, where the transaction is not known, so it cannot be skipped alone. */
export function impassable(error: OffbeatError, source: string): OffbeatError {
  return new OffbeatError(error.code, {
    message: `${error.message}, and does not say in which transaction`,
    ...(error.found === null ? {} : { found: error.found }),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: [
      ...error.fix,
      forPerson('everything before it is delivered; to skip what cannot be sent, which is then never delivered:'),
      inShell(`offbeat offsets skip ${source} --unreadable`),
    ],
    details: { ...error.details, impassable: true },
    cause: error,
  })
}

/** Whether reading again would fail at the same point or not start at all, so that everything before it must be delivered first. */
export function endsTheLog(thrown: unknown): boolean {
  if (!(thrown instanceof OffbeatError)) return false
  return isUndecodable(thrown) || thrown.details['impassable'] === true || thrown.kind === 'lost position'
}

import { asOffbeatError, OffbeatError } from './error.ts'

/** The transaction in which something could not be decoded. */
export interface UndecodableIn {
  readonly source: string
  readonly transaction: string | null
  readonly committedAtMs: number | null
  /** `schema.table`; null: not known. */
  readonly table: string | null
}

/** What the decoder or an encoder threw, as an error that names the transaction and the command that goes past it. */
export function undecodable(thrown: unknown, about: UndecodableIn): OffbeatError {
  const error = asOffbeatError(thrown)
  const { source, transaction, committedAtMs, table } = about
  if (transaction === null || isUndecodable(error)) return error
  const committed = committedAtMs === null ? '' : `, committed at ${new Date(committedAtMs).toISOString()},`
  return new OffbeatError(error.code, {
    message: `the transaction ${transaction}${committed} cannot be decoded${table === null ? '' : ` (${table})`}: ${error.message}`,
    ...(error.found === null ? {} : { found: error.found }),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: [
      ...error.fix,
      '# everything before it is delivered; to go past it, which loses this one transaction (its raw bytes are saved first):',
      `offbeat offsets skip ${source} --transaction ${transaction}`,
    ],
    details: { ...error.details, undecodable: true, transaction, table },
    cause: error.cause ?? thrown,
  })
}

export function isUndecodable(thrown: unknown): boolean {
  return thrown instanceof OffbeatError && thrown.details['undecodable'] === true
}

/** As `undecodable`, where neither the transaction nor a way past it alone is known. */
export function impassable(error: OffbeatError, source: string): OffbeatError {
  return new OffbeatError(error.code, {
    message: `${error.message}, and does not say in which transaction`,
    ...(error.found === null ? {} : { found: error.found }),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: [
      ...error.fix,
      '# everything before it is delivered; to go past what cannot be sent, which is then never delivered:',
      `offbeat offsets skip ${source} --unreadable`,
    ],
    details: { ...error.details, impassable: true },
    cause: error,
  })
}

/** Reading again comes to the same end, or to nothing at all: what comes before it is to be delivered first. */
export function endsTheLog(thrown: unknown): boolean {
  if (!(thrown instanceof OffbeatError)) return false
  return isUndecodable(thrown) || thrown.details['impassable'] === true || thrown.kind === 'lost position'
}

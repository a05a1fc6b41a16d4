import { OffbeatError } from '../../../model/error.ts'

/** A pgoutput message does not follow its grammar. The error has the kind and the offset, never the content. */
export function malformed(kind: string, offset: number, wrong: string): OffbeatError {
  return new OffbeatError('POSTGRES_PROTOCOL_INVALID', {
    message: `a message of kind ${kind} in the log is malformed at byte ${offset}: ${wrong}`,
    found: wrong,
    expected: `a message of kind ${kind} of pgoutput, protocol 1`,
    details: { kind, offset },
  })
}

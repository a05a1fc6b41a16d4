import { OffbeatError } from '../../../model/error.ts'

/** A message of pgoutput is not as its grammar says. It names the kind and the place, never what stands there. */
export function malformed(kind: string, offset: number, wrong: string): OffbeatError {
  return new OffbeatError('POSTGRES_PROTOCOL_INVALID', {
    message: `a message of kind ${kind} in the log is malformed at byte ${offset}: ${wrong}`,
    found: wrong,
    expected: `a message of kind ${kind} of pgoutput, protocol 1`,
    details: { kind, offset },
  })
}

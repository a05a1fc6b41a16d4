import { OffbeatError } from '../../../model/error.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { explainError } from './errors.ts'

/**
 * Turns the error packet with which a server refused or ended a dump into an OffbeatError.
 *
 *   error   0xff number:u16 '#' sqlstate:byte[5] words, up to the end
 */
export function explainDumpError(message: Buffer, target: ServerTarget): OffbeatError {
  if (message.length < 3) {
    return new OffbeatError('DATABASE_STREAM_BROKEN', {
      message: 'the stream does not follow the protocol',
      found: `an error of ${message.length} bytes`,
      expected: 'an error with a number',
    })
  }
  const hasState = message[3] === 0x23
  const thrown = {
    errno: message.readUInt16LE(1),
    sqlState: hasState ? message.toString('latin1', 4, 9) : 'HY000',
    sqlMessage: message.toString('utf8', hasState ? 9 : 3),
  }
  return explainError(thrown, target, { statement: null, object: 'the binary log', table: null })
}

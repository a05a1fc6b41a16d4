import { OffbeatError } from '../../../model/error.ts'
import { BsonFault } from '../values/bson-fault.ts'

/** Turns a fault within an event or a reply into an error. Anything else that was thrown is returned. */
export function eventError(thrown: unknown, of: string, start: number): unknown {
  if (!(thrown instanceof BsonFault)) return thrown
  return new OffbeatError('MONGODB_EVENT_INVALID', {
    message: `${of} cannot be decoded`,
    found: `${thrown.found}, at byte ${thrown.at - start}`,
    expected: 'what the documentation of MongoDB describes',
  })
}

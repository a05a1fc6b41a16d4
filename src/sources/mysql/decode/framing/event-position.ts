import { OffbeatError } from '../../../../model/error.ts'
import type { ErrorCode } from '../../../../model/error-code.ts'
import { inDatabase } from '../../../../model/fix.ts'
import { eventTypeName } from './event-type.ts'

/** The position of an event, for error messages. */
export interface EventPosition {
  /** null: the stream has not named it yet. */
  readonly file: string | null
  /** The offset of the event's first byte. For an event within a TRANSACTION_PAYLOAD it is the payload's offset. */
  readonly offset: number
  readonly type: number
}

/** The error for an event that violates its grammar. It names the position, never the content. */
export function invalidEvent(position: EventPosition, wrong: string): OffbeatError {
  return new OffbeatError('MYSQL_EVENT_INVALID', {
    message: `cannot decode the event ${eventTypeName(position.type)} at ${positionText(position)}: ${wrong}`,
    found: wrong,
    expected: `an event ${eventTypeName(position.type)} as MySQL or MariaDB writes it`,
    details: positionDetails(position),
  })
}

/** `setting`: the server setting that makes it write such events. */
export function unsupportedEvent(position: EventPosition, why: string, setting?: string): OffbeatError {
  return new OffbeatError('MYSQL_EVENT_UNSUPPORTED', {
    message: `cannot read the event ${eventTypeName(position.type)} at ${positionText(position)}: ${why}`,
    found: why,
    fix: setting === undefined ? [] : [inDatabase(`SET GLOBAL ${setting} = DEFAULT`, 'an administrator')],
    details: positionDetails(position),
  })
}

/** An error in a value or a character set, with the position of the event. */
export function atEvent(code: ErrorCode, position: EventPosition, message: string): OffbeatError {
  return new OffbeatError(code, {
    message: `${message}, in the event ${eventTypeName(position.type)} at ${positionText(position)}`,
    details: positionDetails(position),
  })
}

function positionText({ file, offset }: EventPosition): string {
  return `${file ?? 'the binary log'}:${offset}`
}

function positionDetails({ file, offset, type }: EventPosition) {
  return { file, offset, eventType: type, event: eventTypeName(type) }
}

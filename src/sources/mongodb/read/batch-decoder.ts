import type { LogEvent } from '../../../model/log-event.ts'
import type { ResumeToken } from '../position/resume-token.ts'

/** Turns the events of a change stream into log events. The reader calls it in the order of the stream. */
export interface BatchDecoder {
  /** A transaction is not complete, or an event whose other parts are to come. No offset can rest here. */
  readonly isOpen: boolean
  /** Of the event that was decoded last, or could not be. null: it is not the last part of its event, or it failed before that was known. */
  readonly transaction: { readonly name: string } | null
  /** The BSON of one event is at `start`. Adds what is complete. The event that invalidates the stream adds nothing. */
  decode(bytes: Buffer, start: number, into: LogEvent[]): void
  /** After the last event of a batch. Closes the transaction if that shows that it is complete. */
  endBatch(batch: { readonly token: ResumeToken | null; readonly isEmpty: boolean }, into: LogEvent[]): void
}

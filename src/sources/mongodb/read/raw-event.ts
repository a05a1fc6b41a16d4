import type { RawChange, RawTap } from '../../raw-log.ts'
import { EventFields, FIELD } from '../decode/event-fields.ts'
import { rawChange } from '../decode/raw-change.ts'
import { tokenAt } from '../decode/token-text.ts'
import { nameOfEvent } from '../decode/transaction-grouping.ts'
import { timeText } from '../position/cluster-time.ts'

/** An event that was not passed on yet. */
interface Held {
  readonly bytes: Buffer
  readonly transaction: string
  readonly begins: boolean
  readonly change: RawChange | null
  /** The position after it. */
  readonly position: string
}

/** Passes the events on as they came, for a client that saves them. Only what follows shows which event is the last of a transaction. */
export class RawEvents {
  readonly #tap: RawTap
  readonly #fields = new EventFields()
  #held: Held | null = null
  /** The first parts of an event that is not complete. */
  readonly #parts: Buffer[] = []

  constructor(tap: RawTap) {
    this.#tap = tap
  }

  /** The transaction whose last event so far was not passed on yet. */
  get holds(): string | null {
    return this.#held?.transaction ?? null
  }

  /** `transaction` null: it is one part of an event, and not the last. */
  pass(event: Buffer, transaction: string | null): void {
    this.#parts.push(event)
    if (transaction === null) return
    for (const bytes of this.#parts.splice(0)) this.#hold(bytes, transaction)
    // An event that is a transaction of its own is named by the position after it.
    if (this.#held?.position === transaction) this.end()
  }

  /** The transaction is complete. */
  end(): void {
    this.#release(true)
  }

  #hold(bytes: Buffer, transaction: string): void {
    const begins = this.#held?.transaction !== transaction
    this.#release(begins)
    this.#held = { bytes, transaction, begins, change: rawChange(bytes), position: this.#positionAfter(bytes) }
  }

  #release(isLast: boolean): void {
    const held = this.#held
    this.#held = null
    if (held === null) return
    const { position, ...message } = held
    this.#tap({ ...message, end: isLast ? { position, memory: {} } : null })
  }

  #positionAfter(event: Buffer): string {
    const fields = this.#fields
    fields.read(event, 0, event.length)
    const token = tokenAt(event, fields.document(FIELD.TOKEN), fields.end(FIELD.TOKEN))
    return nameOfEvent({ ts: timeText({ seconds: fields.seconds, increment: fields.increment }), token })
  }
}

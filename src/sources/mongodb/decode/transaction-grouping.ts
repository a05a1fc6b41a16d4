import type { BeginEvent, LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { type ClusterTime, compareTimes } from '../position/cluster-time.ts'
import type { ResumeToken } from '../position/resume-token.ts'

/** The place of an event in the stream. */
export interface EventPlace {
  readonly token: ResumeToken
  readonly time: ClusterTime
  /** The time as text. */
  readonly ts: string
  readonly committedAtMs: number
}

/** Creates the offset after the last event of a transaction. */
export type CommitOffset = (token: ResumeToken, time: ClusterTime) => Offset

interface Current {
  readonly id: string
  /** Whether it has changes, so that its begin was handed out. */
  readonly isBegun: boolean
  readonly last: EventPlace
}

/**
 * Groups the events of a change stream into transactions: begin, changes and pulses, commit.
 *
 * An event without a session and a transaction number is a transaction of its own. The events with the same ones are one transaction.
 * Nothing marks its last event, so it ends with the first of:
 *   - an event that is not of it; from a router, only one of another cluster time
 *   - a post-batch token of a later cluster time: everything up to that time was sent
 *   - an empty batch of a replica set, which sends the events of a transaction without waiting between them. A router can wait for
 *     another shard.
 *
 * A router merges the events of several shards by cluster time, then by their number within their transaction. So events of other shards can
 * come between those of a transaction, at its cluster time. They are delivered as a part of it: an offset between them would be inside it.
 *
 * An offset rests only where no transaction is open. For each event, call `open` and then `close`; for one whose content is left out, `pass`;
 * after each batch, `endBatch`.
 */
export class TransactionGrouping {
  readonly #commitOffset: CommitOffset
  readonly #isRouter: boolean
  /** The transaction of several statements whose events are being read. */
  #current: Current | null = null
  #changes = 0
  #after: string | undefined

  constructor(commitOffset: CommitOffset, isRouter: boolean) {
    this.#commitOffset = commitOffset
    this.#isRouter = isRouter
  }

  get isOpen(): boolean {
    return this.#current !== null
  }

  /** The number of the next change in its transaction, from 1. */
  nextChange(): number {
    this.#changes++
    return this.#changes
  }

  /** `id` null: the event is a transaction of its own. */
  open(id: string | null, place: EventPlace, into: LogEvent[]): void {
    this.#endOther(id, place, into)
    const joined = this.#current?.id ?? id
    if (this.#current?.isBegun !== true) this.#begin(joined, place, into)
    if (joined !== null) this.#current = { id: joined, isBegun: true, last: place }
  }

  close(id: string | null, place: EventPlace, into: LogEvent[]): void {
    if (id === null && this.#current === null) this.#commit(place, into)
  }

  pass(id: string | null, place: EventPlace, into: LogEvent[]): void {
    this.#endOther(id, place, into)
    const joined = this.#current?.id ?? id
    if (joined !== null) this.#current = { id: joined, isBegun: this.#current?.isBegun ?? false, last: place }
  }

  /** `tokenTime`: the time that the post-batch token contains; null: none. */
  endBatch(tokenTime: ClusterTime | null, isEmpty: boolean, into: LogEvent[]): void {
    const current = this.#current
    if (current === null) return
    const isPast = tokenTime !== null && compareTimes(tokenTime, current.last.time) > 0
    if (isPast || (isEmpty && !this.#isRouter)) this.#end(current, into)
  }

  #begin(id: string | null, place: EventPlace, into: LogEvent[]): void {
    this.#changes = 0
    into.push(new Begin(id, place, this.#after))
  }

  #endOther(id: string | null, { time }: EventPlace, into: LogEvent[]): void {
    const current = this.#current
    if (current === null || current.id === id) return
    const isBetween = this.#isRouter && compareTimes(time, current.last.time) === 0
    if (!isBetween) this.#end(current, into)
  }

  #end({ isBegun, last }: Current, into: LogEvent[]): void {
    this.#current = null
    if (isBegun) this.#commit(last, into)
  }

  #commit({ token, time, ts }: EventPlace, into: LogEvent[]): void {
    this.#after = ts
    into.push({ type: 'commit', offset: this.#commitOffset(token, time) })
  }
}

/** Its name is only made when somebody asks for it. */
class Begin implements BeginEvent {
  readonly type = 'begin'
  readonly transaction: string | null
  readonly committedAtMs: number
  readonly after: string | undefined
  readonly #place: EventPlace

  constructor(id: string | null, place: EventPlace, after: string | undefined) {
    this.transaction = id
    this.committedAtMs = place.committedAtMs
    this.after = after
    this.#place = place
  }

  get name(): string | undefined {
    return this.transaction === null ? nameOfEvent(this.#place) : undefined
  }
}

/** How an event that is a transaction of its own is named: by the position after it. */
export function nameOfEvent({ ts, token }: Pick<EventPlace, 'ts' | 'token'>): string {
  return `${ts}/${token.text}`
}

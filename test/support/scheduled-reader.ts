import { OffbeatError } from '../../src/model/error.ts'
import type { LogEvent, ProgressEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { Context, Reader } from '../../src/sources/source.ts'
import type { ScheduledWorld } from './scheduled-source.ts'
import { eventsOf } from './simulated/event.ts'
import { beginning } from './simulated/resume.ts'

/**
 * One stream in which every wait passes through a gate. Its confirmed position and its log belong to the server. Everything else is lost
 * with the stream.
 */
export class ScheduledReader implements Reader {
  readonly #world: ScheduledWorld
  readonly #context: Context
  readonly #closed: () => void
  #disposed = false
  #dropped = false
  /** The events of the current transaction that were not returned yet. */
  #within: LogEvent[] = []
  /** The end of the last transaction that was started. */
  #sent = 0
  /** The furthest progress that was reported. */
  #reported = 0
  #keepalive: { readonly inside: boolean; readonly urgent: boolean } | null = null
  #acknowledged: { readonly at: number; readonly onSent: (() => void)[] } | null = null

  constructor(world: ScheduledWorld, context: Context, closed: () => void) {
    this.#world = world
    this.#context = context
    this.#closed = closed
  }

  get #log() {
    return this.#world.database.log
  }

  /** The connection breaks. */
  drop(): void {
    this.#dropped = true
  }

  /** The server reports how far it has read. `inside`: a position among the records of the next transaction, if there is one. */
  keepAlive(inside: boolean, urgent: boolean): void {
    this.#keepalive = { inside, urgent: urgent || (this.#keepalive?.urgent ?? false) }
  }

  async *read(from: Offset | 'now', signal: AbortSignal): AsyncIterable<readonly LogEvent[]> {
    const { gates, faults } = this.#world
    try {
      await gates.pass('start the stream', signal)
      this.#start(from)
      if (from === 'now' && faults.startsUnwritten) {
        yield []
        await gates.pass('pull', signal, () => this.#log.head > this.#log.createdAt)
      }
      yield from === 'now' ? [this.#progressTo(this.#sent, false)] : []
      for (;;) {
        await gates.pass('pull', signal, () => this.#hasNews())
        if (this.#dropped) throw disconnected('the connection was lost')
        yield this.#nextChunk()
      }
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
  }

  acknowledge(offset: Offset, onSent: () => void): void {
    const at = this.#log.positions.ordinalOf(offset)
    if (this.#acknowledged === null) this.#sendAcknowledgement()
    const newest = Math.max(at, this.#acknowledged?.at ?? 0)
    this.#acknowledged = { at: newest, onSent: [...(this.#acknowledged?.onSent ?? []), onSent] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    // Like a real stream, it ends with the newest acknowledgement.
    this.#confirm()
    this.#closed()
  }

  #sendAcknowledgement(): void {
    // A gate without a signal never rejects.
    void this.#world.gates.pass('acknowledge').then(() => this.#confirm())
  }

  #confirm(): void {
    const acknowledged = this.#acknowledged
    this.#acknowledged = null
    if (acknowledged === null || this.#dropped) return
    const log = this.#log
    log.confirmed = Math.max(log.confirmed ?? 0, acknowledged.at)
    for (const onSent of acknowledged.onSent) onSent()
  }

  #start(from: Offset | 'now'): void {
    const { database, faults } = this.#world
    if (faults.refusedStreams > 0) {
      faults.refusedStreams--
      throw disconnected('the server does not take connections')
    }
    this.#sent = beginning(database, from, this.#context)
  }

  #hasNews(): boolean {
    if (this.#dropped || this.#keepalive !== null || this.#within.length > 0) return true
    return this.#log.nextAfter(this.#sent) !== null
  }

  #nextChunk(): LogEvent[] {
    const events: LogEvent[] = []
    const most = Math.max(1, this.#world.chunk())
    while (events.length < most) {
      const event = this.#nextEvent()
      if (event === null) break
      events.push(event)
    }
    return events
  }

  #nextEvent(): LogEvent | null {
    const within = this.#within.shift()
    if (within !== undefined) return within
    const progress = this.#progress()
    if (progress !== null) return progress
    const next = this.#log.nextAfter(this.#sent)
    if (next === null) return null
    this.#sent = next.endAt
    this.#within = eventsOf(next, this.#log)
    return this.#within.shift() ?? null
  }

  /** Progress is reported only between transactions. Its position can be among the records of the next transaction, up to its commit. */
  #progress(): LogEvent | null {
    const keepalive = this.#keepalive
    if (keepalive === null) return null
    this.#keepalive = null
    const next = this.#log.nextAfter(this.#sent)
    const furthest = next === null ? this.#log.head : next.endAt - 1
    return this.#progressTo(
      keepalive.inside || next === null ? Math.max(this.#sent, furthest) : this.#sent,
      keepalive.urgent,
    )
  }

  /** Where positions have ties, nobody but the source can tell an old one from a new one, so it never reports an old one. */
  #progressTo(ordinal: number, urgent: boolean): ProgressEvent {
    this.#reported = Math.max(this.#reported, ordinal)
    const { positions } = this.#log
    const at = positions.codec.order === 'partial' ? this.#reported : ordinal
    return { type: 'progress', offset: this.#log.offsetAt(at, 'progress', this.#context.clock.nowMs()), urgent }
  }
}

function disconnected(message: string): OffbeatError {
  return new OffbeatError('DATABASE_UNREACHABLE', { message })
}

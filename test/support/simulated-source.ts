import { behindBy } from '../../src/model/behind.ts'
import type { Clock } from '../../src/model/clock.ts'
import { OffbeatError } from '../../src/model/error.ts'
import type { ErrorCode } from '../../src/model/error-code.ts'
import { forPerson } from '../../src/model/fix.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Limit, LogState, Resume } from '../../src/model/log-state.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { Position } from '../../src/model/position.ts'
import type { TableVersion } from '../../src/model/table.ts'
import type { Probe, Reader, SourceDefinition } from '../../src/sources/source.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import type { Gates } from './gates.ts'
import { MONGOSH } from './script-form.ts'
import { SIMULATED_DEFAULTS, simulatedSchema } from './simulated-config.ts'
import { SIMULATED_SERVER, type SimulatedLog, type SimulatedTransaction } from './simulated-log.ts'

/** How the world treats a simulated source: changed by the test at any time. */
export interface SimulatedFaults {
  /** As many of the next streams cannot be opened. */
  refusedStreams: number
  /** As many of the next beats fail with this code; committed all the same where the answer was lost. */
  failingBeats: { count: number; code: ErrorCode; committed: boolean }
  /** As many of the next looks fail. */
  failingLooks: number
  /** The heartbeat table is not part of what the stream shows. */
  beatsHidden: boolean
  /** A log that has never been written has no position to begin at, as in SQL Server without a maximum LSN. */
  startsUnwritten: boolean
}

export interface SimulatedSourceOptions {
  readonly log: SimulatedLog
  readonly gates: Gates
  readonly clock: Clock
  readonly faults: SimulatedFaults
  /** How many events the next chunk of the stream holds at the most. */
  readonly chunk: () => number
  readonly limits?: readonly Limit[]
  /** false: inspections give the head without a position. */
  readonly headIsComparable?: boolean
}

export function noFaults(): SimulatedFaults {
  return {
    refusedStreams: 0,
    failingBeats: { count: 0, code: 'DATABASE_UNREACHABLE', committed: false },
    failingLooks: 0,
    beatsHidden: false,
    startsUnwritten: false,
  }
}

/** A source in memory, as faithful to the contract as a real one: one process's view of a `SimulatedLog`. */
export class SimulatedSource {
  readonly definition: SourceDefinition<SourceConfig>
  readonly #options: SimulatedSourceOptions
  /** What is open, for tests of a clean stop. */
  readonly open = { readers: 0, probes: 0 }
  reader: SimulatedReader | null = null
  beats = 0

  constructor(options: SimulatedSourceOptions) {
    this.#options = options
    this.definition = {
      kind: 'simulated',
      config: simulatedSchema,
      defaults: SIMULATED_DEFAULTS,
      facts: { title: 'Simulated', heartbeatTable: 'h', where: 'nowhere', readOnlyForm: 'no', scheduler: 'none' },
      positions: options.log.positions.codec,
      placeFields: ['at'],
      transactionIds: 'number',
      script: MONGOSH,
      unseenFix: () => [forPerson('show the beats')],
      probe: () => this.#openProbe(),
      reader: () => this.#openReader(),
      survey: () => Promise.reject(new Error('a log in memory has no database')),
    }
  }

  async #openReader(): Promise<Reader> {
    await this.#options.gates.pass('open the reader')
    this.open.readers++
    const reader = new SimulatedReader(this.#options, () => this.open.readers--)
    this.reader = reader
    return reader
  }

  async #openProbe(): Promise<Probe> {
    await this.#options.gates.pass('open the probe')
    this.open.probes++
    return {
      inspect: (offset, signal) => this.#inspect(offset, signal),
      beat: (nonce, signal) => this.#beat(nonce, signal),
      [Symbol.asyncDispose]: async () => void this.open.probes--,
    }
  }

  async #inspect(offset: Offset | null, signal: AbortSignal): Promise<LogState> {
    const { gates, log, clock, faults, limits } = this.#options
    await gates.pass('look', signal)
    if (faults.failingLooks > 0) {
      faults.failingLooks--
      throw unreachable('the look failed')
    }
    const lag = offset === null ? null : BigInt(log.head - log.positions.placeOf(offset))
    return {
      atMs: clock.nowMs(),
      server: SIMULATED_SERVER,
      run: { system: 'simulated', run: 'the only one' },
      head: {
        name: 'log',
        shown: String(log.head),
        position: this.#options.headIsComparable === false ? null : log.positions.at(log.head).position,
        atMs: null,
      },
      writtenBytes: BigInt(log.head),
      heldBytes: BigInt(log.head - (log.confirmed ?? log.head)),
      behind: behindBy(lag),
      lagBytes: lag,
      lagMs: null,
      limits: limits ?? [],
      blockers: [],
      resume: resumeOf(log),
      unwritable: null,
      unseen: [],
    }
  }

  async #beat(nonce: string, signal: AbortSignal): Promise<{ readonly reached: Position }> {
    const { gates, log, clock, faults } = this.#options
    await gates.pass('send the beat', signal)
    this.beats++
    const { failingBeats } = faults
    const fails = failingBeats.count > 0
    if (fails) failingBeats.count--
    if (!fails || failingBeats.committed) log.beat(nonce, clock.nowMs(), !faults.beatsHidden)
    await gates.pass('hear of the beat', signal)
    if (fails) throw new OffbeatError(failingBeats.code, { message: 'the beat failed' })
    return { reached: log.positions.at(log.head).position }
  }
}

function resumeOf(log: SimulatedLog): Resume {
  if (!log.lost) return { can: 'yes', as: 'same server', why: 'the log has the place' }
  return {
    can: 'no',
    code: 'POSTGRES_SLOT_INVALIDATED',
    evidence: {},
    choices: [forPerson('take a snapshot')],
    stop: false,
  }
}

function unreachable(message: string): OffbeatError {
  return new OffbeatError('DATABASE_UNREACHABLE', { message })
}

/** One stream. Its confirmed place and its log are the server's; everything else dies with it. */
export class SimulatedReader implements Reader {
  readonly #options: SimulatedSourceOptions
  readonly #closed: () => void
  #disposed = false
  #dropped = false
  /** The next transaction to show, and how far into it we are. */
  #index = 0
  #within: LogEvent[] = []
  #sent = 0
  #keepalive: { readonly inside: boolean; readonly urgent: boolean } | null = null
  #acknowledged: { readonly at: number; readonly onSent: (() => void)[] } | null = null

  constructor(options: SimulatedSourceOptions, closed: () => void) {
    this.#options = options
    this.#closed = closed
  }

  /** The connection breaks. */
  drop(): void {
    this.#dropped = true
  }

  /** The server says how far it has read; `inside`: a place among the records of the next transaction where there is one. */
  keepAlive(inside: boolean, urgent: boolean): void {
    this.#keepalive = { inside, urgent: urgent || (this.#keepalive?.urgent ?? false) }
  }

  async *read(from: Offset | 'now', signal: AbortSignal): AsyncIterable<readonly LogEvent[]> {
    try {
      await this.#options.gates.pass('start the stream', signal)
      const created = this.#start(from)
      if (created !== null && this.#options.faults.startsUnwritten) yield* this.#untilWritten(signal)
      yield created === null ? [] : [created]
      for (;;) {
        await this.#options.gates.pass('pull', signal, () => this.#hasNews())
        if (this.#dropped) throw unreachable('the connection was lost')
        yield this.#nextChunk()
      }
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
  }

  async *#untilWritten(signal: AbortSignal): AsyncIterable<readonly LogEvent[]> {
    yield []
    const { gates, log } = this.#options
    await gates.pass('pull', signal, () => log.head > log.createdAt)
  }

  acknowledge(offset: Offset, onSent: () => void): void {
    const at = this.#options.log.positions.placeOf(offset)
    if (this.#acknowledged === null) this.#sendAcknowledgement()
    const newest = Math.max(at, this.#acknowledged?.at ?? 0)
    this.#acknowledged = { at: newest, onSent: [...(this.#acknowledged?.onSent ?? []), onSent] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    // As a real one does, it takes its leave with the newest acknowledgement.
    this.#confirm()
    this.#closed()
  }

  #sendAcknowledgement(): void {
    // A gate without a signal never rejects.
    void this.#options.gates.pass('acknowledge').then(() => this.#confirm())
  }

  #confirm(): void {
    const acknowledged = this.#acknowledged
    this.#acknowledged = null
    if (acknowledged === null || this.#dropped) return
    const { log } = this.#options
    log.confirmed = Math.max(log.confirmed ?? 0, acknowledged.at)
    for (const onSent of acknowledged.onSent) onSent()
  }

  /** The first place of a slot that was made just now. */
  #start(from: Offset | 'now'): LogEvent | null {
    const { log, faults, clock } = this.#options
    if (faults.refusedStreams > 0) {
      faults.refusedStreams--
      throw unreachable('the server does not take connections')
    }
    if (log.lost)
      throw new OffbeatError('POSTGRES_SLOT_INVALIDATED', { message: 'the log has been purged past the slot' })
    const created = from === 'now'
    if (created && log.confirmed !== null) {
      throw new OffbeatError('POSTGRES_SLOT_NOT_OURS', { message: 'a slot exists for which there is no offset' })
    }
    if (created) {
      log.createdAt = log.head
      log.confirmed = log.head
    }
    this.#sent = Math.max(created ? 0 : log.positions.placeOf(from), log.confirmed ?? 0)
    this.#index = log.transactions.findIndex(({ endAt }) => endAt > this.#sent)
    if (this.#index < 0) this.#index = log.transactions.length
    if (!created) return null
    return { type: 'progress', offset: log.offsetAt(log.head, 'progress', clock.nowMs()), urgent: false }
  }

  #hasNews(): boolean {
    const { transactions } = this.#options.log
    const shown = transactions.slice(this.#index).some(({ watched }) => watched)
    return this.#dropped || this.#keepalive !== null || this.#within.length > 0 || shown
  }

  #nextChunk(): LogEvent[] {
    const events: LogEvent[] = []
    const most = Math.max(1, this.#options.chunk())
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
    const next = this.#nextWatched()
    if (next === null) return null
    this.#index++
    this.#sent = next.endAt
    this.#within = eventsOf(next, this.#options.log)
    return this.#within.shift() ?? null
  }

  #nextWatched(): SimulatedTransaction | null {
    const { transactions } = this.#options.log
    for (; this.#index < transactions.length; this.#index++) {
      const next = transactions[this.#index]
      if (next?.watched) return next
    }
    return null
  }

  /** Between transactions only. The place may lie among the records of the next one, up to its commit. */
  #progress(): LogEvent | null {
    const keepalive = this.#keepalive
    if (keepalive === null) return null
    this.#keepalive = null
    const { log, clock } = this.#options
    const next = this.#nextWatched()
    const furthest = next === null ? log.head : next.endAt - 1
    const at = Math.max(this.#sent, keepalive.inside || next === null ? furthest : this.#sent)
    return { type: 'progress', offset: log.offsetAt(at, 'progress', clock.nowMs()), urgent: keepalive.urgent }
  }
}

const decoder = new TextDecoder()

const SIMULATED_TABLE: TableVersion = {
  database: 'simulated',
  schema: 'public',
  name: 'rows',
  columns: [
    { name: 'id', type: 'integer', key: true, write: (from, start, end, to) => to.copy(from, start, end) },
    {
      name: 'payload',
      type: 'text',
      key: false,
      write: (from, start, end, to) => to.ascii(JSON.stringify(decoder.decode(from.subarray(start, end)))),
    },
  ],
}

/** A transaction as the stream gives it. */
export function eventsOf(transaction: SimulatedTransaction, log: Pick<SimulatedLog, 'offsetAt'>): LogEvent[] {
  const { rows, pulse, endAt, committedAtMs } = transaction
  const changes = rows.map(({ id, at, payloadBytes }): LogEvent => {
    const text = String(id)
    const bytes = Buffer.alloc(text.length + payloadBytes, 'x')
    bytes.write(text, 'latin1')
    const after = { bytes, spans: [0, text.length, text.length, bytes.length] }
    return { type: 'change', table: SIMULATED_TABLE, op: 'c', before: null, after, place: [at] }
  })
  return [
    { type: 'begin', transaction: String(endAt), committedAtMs },
    ...changes,
    ...(pulse === null ? [] : [{ type: 'pulse' as const, nonce: pulse.nonce, committedAtMs }]),
    { type: 'commit', offset: log.offsetAt(endAt, 'commit', committedAtMs) },
  ]
}

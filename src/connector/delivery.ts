import type { Clock } from '../model/clock.ts'
import { OffbeatError } from '../model/error.ts'
import type { ChangeEvent, LogEvent, PulseEvent } from '../model/log-event.ts'
import type { Message, MessageLimit } from '../model/message.ts'
import { type Offset, parsedOffset, storedOffset } from '../model/offset.ts'
import type { Position, PositionCodec } from '../model/position.ts'
import type { TableVersion } from '../model/table.ts'
import { undecodable } from '../model/undecodable.ts'
import { unreachable } from '../model/unreachable.ts'
import type { Lane } from '../sinks/sink.ts'
import { Delay } from '../watch/delay.ts'
import { BatchBuilder } from './batch-builder.ts'
import { TableEncoder } from './envelope.ts'
import type { EnvelopeSource } from './envelope-source.ts'
import { Frontier } from './frontier.ts'
import { appendHeartbeat } from './heartbeat-message.ts'
import { SplitTransaction } from './split-transaction.ts'
import { TopicNames } from './topic.ts'
import { type TransactionFacts, transactionName } from './transaction-facts.ts'

/** A batch is written when it reaches this size, even inside a transaction. */
const BATCH_BYTES = 2 * 1024 * 1024
/** A batch of this size is written at the end of a transaction, so that no part of the next one has to be moved to another batch. */
const WHOLE_BATCH_BYTES = 1024 * 1024
/** A batch of at least this size means that the stream is busy. The next batch then waits for more, but at most SETTLE_MS. */
const BUSY_BATCH_BYTES = 32 * 1024
const SETTLE_MS = 25
/** Progress without a row is stored at most this often, even when the server waits for it. */
const PROGRESS_EVERY_MS = 1000

const NO_TOPICS: ReadonlySet<string> = new Set()

/** What one write made durable. */
export interface StoredBatch {
  readonly offset: Offset
  /** Whether the position differs from the one stored before. */
  readonly moved: boolean
  readonly changes: number
  readonly transactions: number
  readonly heartbeats: number
  /** How many pulses the log had shown up to this offset; null: no new one since the last write. */
  readonly pulsesSeen: number | null
}

export interface DeliveryListener {
  /** Called in order, after the lane has stored the offset. */
  stored(what: StoredBatch): void
  /** The lane rejected a write. Nothing more is written and `take` throws the error until `open` is called with a new lane. */
  failed(error: unknown): void
  notice(event: Extract<LogEvent, { type: 'notice' }>): void
  /** The log showed a pulse. Returns how many it has shown so far. */
  pulse(event: PulseEvent): number
}

export interface DeliveryOptions {
  readonly source: EnvelopeSource
  readonly positions: PositionCodec
  readonly clock: Clock
  /** The sink's limit; absent: the limit of the runtime. */
  readonly messageLimit?: MessageLimit | undefined
  readonly listener: DeliveryListener
  /** What a heartbeat contains besides its offset. */
  readonly heartbeatFacts: () => { readonly verdict: string | null; readonly lastChangeAtMs: number | null }
}

interface Tally {
  changes: number
  transactions: number
  heartbeats: number
  pulsesSeen: number | null
}

/**
 * Delivers log events to the lane in order. It tracks which transactions are whole, what is stored, and which offset can be claimed. One
 * write is in flight at a time while the next batch is collected. Heartbeats use the same path, so none can overtake a change.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #builder: BatchBuilder
  readonly #topics: TopicNames
  /** A version that the source has forgotten takes its encoder with it. */
  #encoders = new WeakMap<TableVersion, TableEncoder>()
  /** The table of the last change, and its encoder. */
  #table: TableVersion | null = null
  #encoder: TableEncoder | null = null
  #lane: Lane | null = null
  #signal: AbortSignal = AbortSignal.abort()
  #writing: Promise<void> | null = null
  #failure: { readonly error: unknown } | null = null
  readonly #progressDelay: Delay
  readonly #settleDelay: Delay
  #lastBatchBytes = 0
  /** When the events that are being taken arrived. */
  #takenAtMs = 0
  /** The transaction that the stream is in. */
  #open: TransactionFacts | null = null
  readonly #split = new SplitTransaction()
  /** Counts for the open transaction, which no offset covers yet. */
  #openTally: Tally = emptyTally()
  /** Counts for the covered part of the batch. */
  #coveredTally: Tally = emptyTally()
  /** Everything up to here has been read and nothing before it is undelivered. It is not worth a write of its own. */
  #idle: Offset | null = null
  readonly #frontier: Frontier
  #stored: Offset | null = null
  #progressStoredAtMs = Number.NEGATIVE_INFINITY
  #beatDue = false
  /** What the ledger must record with the next move (the proof of a promotion). */
  #proof: string | null = null

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#frontier = new Frontier(options.positions)
    this.#builder = new BatchBuilder(options.messageLimit)
    this.#topics = new TopicNames(options.source.name)
    this.#progressDelay = new Delay(options.clock)
    this.#settleDelay = new Delay(options.clock)
  }

  get offset(): Offset | null {
    return this.#stored
  }

  /** The newest offset that was read, stored or not. */
  get newest(): Offset | null {
    return this.#frontier.newest
  }

  get beatIsDue(): boolean {
    return this.#beatDue
  }

  /** Starts with a newly claimed lane. Everything collected for an older lane is discarded. */
  open(lane: Lane, signal: AbortSignal): void {
    this.#lane = lane
    this.#signal = signal
    this.#failure = null
    this.#builder.clear()
    this.#open = null
    this.#split.restart()
    this.#openTally = emptyTally()
    this.#coveredTally = emptyTally()
    this.#idle = null
    this.#proof = null
    this.#lastBatchBytes = 0
    this.#stored = lane.offset && parsedOffset(lane.offset, this.#options.positions)
    this.#frontier.restart(this.#stored)
    this.#encoders = new WeakMap()
    this.#table = null
  }

  /** Waits for the write in flight and releases the lane. */
  async close(): Promise<void> {
    const lane = this.#lane
    this.#lane = null
    this.#progressDelay.cancel()
    this.#settleDelay.cancel()
    await this.#writing
    await lane?.[Symbol.asyncDispose]()
  }

  /** Declares the watched tables. Two tables that would share a topic are rejected before either changes. */
  expect(tables: readonly Pick<TableVersion, 'database' | 'schema' | 'name'>[]): void {
    for (const table of tables) this.#topics.of(table)
  }

  /** Throws the error of a rejected write, if there was one. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Takes events in log order. Resolves when there is room for more, which applies back-pressure. */
  async take(events: readonly LogEvent[]): Promise<void> {
    this.#takenAtMs = this.#options.clock.nowMs()
    for (const event of events) {
      this.check()
      this.#takeOne(event)
      if (this.#builder.byteLength >= BATCH_BYTES) await this.#makeRoom()
    }
    this.#pumpIfWorthy()
  }

  /** Sends a layer 1 heartbeat at the next point where an offset can be stored: immediately, unless a transaction is open. */
  beat(): void {
    this.#beatDue = true
    this.#beatIfDue()
    this.#pump()
  }

  /** Stores everything that can be claimed now and waits for it. The rest of an open transaction stays. */
  async drain(): Promise<void> {
    await this.#writing
    this.#coverIdle()
    this.#pump()
    while (this.#writing !== null) await this.#writing
    this.check()
  }

  #takeOne(event: LogEvent): void {
    switch (event.type) {
      case 'change':
        this.#change(event)
        return
      case 'begin':
        this.#open = { begin: event, takenAtMs: this.#takenAtMs }
        return
      case 'commit':
        this.#commit(event.offset)
        return
      case 'rollback':
        this.#rollback()
        return
      case 'pulse':
        this.#openTally.pulsesSeen = this.#options.listener.pulse(event)
        return
      case 'progress':
        this.#progress(event.offset, event.urgent)
        return
      case 'notice':
        this.#proof = event.ledger ?? this.#proof
        this.#options.listener.notice(event)
        return
      default:
        unreachable(event)
    }
  }

  #change(event: ChangeEvent): void {
    if (this.#open === null) throw new OffbeatError('DEFECT', { message: 'a change came outside a transaction' })
    if (this.#split.isWithheld(this.#open)) return
    const encoder = event.table === this.#table && this.#encoder !== null ? this.#encoder : this.#encoderOf(event.table)
    try {
      encoder.encode(event, this.#open, this.#builder)
    } catch (thrown) {
      const { database, schema, name } = event.table
      const { committedAtMs } = this.#open.begin
      const transaction = transactionName(this.#open)
      const table = `${schema ?? database}.${name}`
      throw undecodable(thrown, { source: this.#options.source.name, transaction, committedAtMs, table })
    }
    this.#openTally.changes++
  }

  #encoderOf(table: TableVersion): TableEncoder {
    const known = this.#encoders.get(table)
    const encoder = known ?? new TableEncoder(table, this.#options.source, this.#topicOf(table))
    if (known === undefined) this.#encoders.set(table, encoder)
    this.#table = table
    this.#encoder = encoder
    return encoder
  }

  #topicOf(table: TableVersion): string {
    const renamed = this.#topics.renamed(table, this.#lane?.topics ?? NO_TOPICS)
    if (renamed !== null)
      this.#options.listener.notice({ type: 'notice', code: 'TOPIC_RENAMED', details: { ...renamed } })
    return this.#topics.of(table)
  }

  #rollback(): void {
    const open = this.#open
    this.#builder.uncover()
    this.#open = null
    this.#openTally = emptyTally()
    this.#split.rolledBack(open)
    this.#beatIfDue()
  }

  #commit(offset: Offset): void {
    this.#split.committed(this.#open)
    this.#frontier.advance(offset)
    this.#open = null
    const tally = this.#openTally
    this.#openTally = emptyTally()
    if (tally.changes === 0 && tally.pulsesSeen === null) {
      this.#rest(offset)
    } else {
      tally.transactions = tally.changes > 0 ? 1 : 0
      this.#cover(tally.changes > 0 ? offset : byPulse(offset), tally)
    }
    this.#beatIfDue()
    if (this.#builder.byteLength >= WHOLE_BATCH_BYTES) this.#pump()
  }

  /**
   * Two kinds of progress are stored at once, as this process can be killed: the first offset, without which the next run would begin later,
   * and what an offset remembers in addition, which it could not learn again.
   */
  #progress(offset: Offset, urgent: boolean): void {
    if (this.#open !== null) throw new OffbeatError('DEFECT', { message: 'progress came inside a transaction' })
    const before = this.#frontier.newest
    const isNew = this.#frontier.advanceIfNew(offset)
    if (isNew) {
      this.#rest(offset)
      this.#beatIfDue()
    }
    if (isNew && (before === null || (urgent && this.#isAt(before.position, offset)))) this.#storeIdle()
    else if (urgent) this.#storeProgressSoon()
  }

  /** Keeps an offset to be claimed with the next write. */
  #rest(offset: Offset): void {
    if (this.#builder.offset !== null) this.#builder.cover(offset)
    else this.#idle = offset
  }

  #cover(offset: Offset, tally: Tally): void {
    this.#builder.cover(offset)
    this.#idle = null
    const covered = this.#coveredTally
    covered.changes += tally.changes
    covered.transactions += tally.transactions
    covered.heartbeats += tally.heartbeats
    covered.pulsesSeen = tally.pulsesSeen ?? covered.pulsesSeen
  }

  #coverIdle(): void {
    if (this.#idle !== null && this.#open === null) this.#cover(this.#idle, emptyTally())
  }

  #beatIfDue(): void {
    if (!this.#beatDue || this.#open !== null) return
    const offset = this.#frontier.newest
    if (offset === null) return
    this.#beatDue = false
    const { source, clock, positions, heartbeatFacts } = this.#options
    const claimed = positions.text(offset.position)
    appendHeartbeat({ source: source.name, atMs: clock.nowMs(), offset: claimed, ...heartbeatFacts() }, this.#builder)
    this.#cover(offset, { ...emptyTally(), heartbeats: 1 })
  }

  #storeProgressSoon(): void {
    const { clock } = this.#options
    const waitMs = this.#progressStoredAtMs + PROGRESS_EVERY_MS - clock.monotonicMs()
    const store = () => {
      this.#progressStoredAtMs = clock.monotonicMs()
      this.#storeIdle()
    }
    if (waitMs <= 0) store()
    else this.#progressDelay.start(waitMs, store)
  }

  #storeIdle(): void {
    this.#coverIdle()
    this.#pump()
  }

  async #makeRoom(): Promise<void> {
    this.#pump()
    if (this.#builder.byteLength < BATCH_BYTES) return
    await this.#writing
    this.#pump()
  }

  /**
   * Every write costs about the same, however small, and the database server may need the CPU. A busy stream is therefore written in larger
   * batches.
   */
  #pumpIfWorthy(): void {
    const worthy = this.#lastBatchBytes < BUSY_BATCH_BYTES || this.#builder.byteLength >= BATCH_BYTES
    if (worthy) this.#pump()
    else if (this.#writing === null && this.#builder.offset !== null)
      this.#settleDelay.start(SETTLE_MS, () => this.#pump())
  }

  /** Starts the next write when none is in flight and there is something to write. */
  #pump(): void {
    const lane = this.#lane
    if (lane === null || this.#writing !== null || this.#failure !== null) return
    const whole = this.#builder.takeWhole()
    if (whole !== null) {
      const tally = this.#coveredTally
      this.#coveredTally = emptyTally()
      this.#write(lane, whole.messages, { offset: this.#withProof(whole.offset), tally })
    } else if (this.#builder.byteLength >= BATCH_BYTES) {
      this.#split.written()
      this.#write(lane, this.#builder.takePart().messages, null)
    }
  }

  /** `whole`: null for a part of a transaction. */
  #write(lane: Lane, messages: readonly Message[], whole: { offset: Offset; tally: Tally } | null): void {
    this.#lastBatchBytes = messages.at(-1)?.end ?? 0
    const offset = whole && storedOffset(whole.offset, this.#options.positions)
    const done = lane.write({ messages, offset }, this.#signal).then(
      () => {
        this.#writing = null
        if (lane.returnsBytes === true) this.#builder.giveBack(messages)
        if (whole !== null) this.#hasStored(whole.offset, whole.tally)
        this.#pumpIfWorthy()
      },
      (error: unknown) => {
        this.#writing = null
        this.#failure = { error }
        this.#options.listener.failed(error)
      },
    )
    this.#writing = done
  }

  /** Adds the pending proof to the offset that will get a row in the ledger. */
  #withProof(offset: Offset): Offset {
    const proof = this.#proof
    // A heartbeat at the stored position moves nothing, and the ledger only has rows for moves.
    if (proof === null || !this.#isMove(offset)) return offset
    this.#proof = null
    const { moved } = offset
    // The row of a plain commit may be merged into its minute's row. This one must be kept.
    return { ...offset, moved: { by: 'progress', why: `${proof}; ${moved.why}`, atMs: moved.atMs } }
  }

  #isMove(offset: Offset): boolean {
    return this.#stored === null || !this.#isAt(this.#stored.position, offset)
  }

  #isAt(position: Position, offset: Offset): boolean {
    return this.#options.positions.compare(position, offset.position) === 'same'
  }

  #hasStored(offset: Offset, tally: Tally): void {
    const moved = this.#isMove(offset)
    this.#stored = offset
    this.#options.listener.stored({ offset, moved, ...tally })
  }
}

function emptyTally(): Tally {
  return { changes: 0, transactions: 0, heartbeats: 0, pulsesSeen: null }
}

function byPulse(offset: Offset): Offset {
  return {
    ...offset,
    moved: {
      by: 'pulse',
      why: 'the heartbeat row was read, and nothing before it is undelivered',
      atMs: offset.moved.atMs,
    },
  }
}

import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import { isByRival } from '../model/error-code.ts'
import type { LogState } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import type { Offset } from '../model/offset.ts'
import type { Position } from '../model/position.ts'
import { endsTheLog } from '../model/undecodable.ts'
import type { Sink } from '../sinks/sink.ts'
import { missingPart } from '../sources/missing-part.ts'
import type { Context, Reader, SourceDefinition } from '../sources/source.ts'
import type { HeartbeatMode, SourceConfig } from '../sources/source-config.ts'
import { type HealthLimits, HealthWatch } from '../watch/health-watch.ts'
import { ProbeHolder } from '../watch/probe-holder.ts'
import { sendPulses, untilAborted } from '../watch/pulse-loop.ts'
import { PulseTracker } from '../watch/pulse-tracker.ts'
import type { ConnectorObserver } from './connector-observer.ts'
import { Delivery, type StoredBatch } from './delivery.ts'
import { envelopeSource } from './envelope-source.ts'
import { LogEnd } from './log-end.ts'
import { lostPosition } from './lost-position.ts'
import { Outage } from './outage.ts'
import { Backoff } from './retry.ts'

export interface ConnectorOptions {
  readonly source: {
    readonly name: string
    readonly config: SourceConfig
    readonly definition: SourceDefinition<SourceConfig>
  }
  readonly sink: Sink
  readonly journal: Journal
  readonly log: Logger
  readonly clock: Clock
  readonly health: HealthLimits
  /** The id of the process that runs the connector, for its status. */
  readonly pid: number
  /** 'head': read to the end of the log as it was at the start, then stop. */
  readonly until: 'head' | null
  /** Returns a number in [0, 1), for the jitter of retries. */
  readonly random: () => number
  /** Returns a new unique id, for the nonces of pulses. */
  readonly newId: () => string
  /** The version written into messages. */
  readonly version: string
  readonly observer?: ConnectorObserver
}

export interface ConnectorEnd {
  readonly reason: 'stopped' | 'head'
  /** The text of the stored position; null: none is stored. */
  readonly position: string | null
}

/** How long a stop waits for a sink that does not respond. */
const STOP_GRACE_MS = 10_000
/** With `until: 'head'` a person is waiting, so the run gives up after this many failures in a row. */
const PATIENCE_ATTEMPTS = 4
const LOUD_DELAY_MS = 10_000
/** A stream that was open this long counts as working, even if it delivered nothing. When it ends, the retry delay starts over. */
const LONG_LIFE_MS = 60_000

/**
 * Runs one source's connector: its reader, its probe, its lane, and the loop between them. Resolves after a clean stop (the signal) or at
 * the head. Rejects with the classified error that stopped it permanently. Errors that a retry can fix are retried, and heartbeats continue
 * meanwhile.
 */
export async function runConnector(options: ConnectorOptions, signal: AbortSignal): Promise<ConnectorEnd> {
  await using connector = new Connector(options)
  return await connector.run(signal)
}

/** Whether Offbeat writes the source's heartbeat itself. In the other modes a job writes it, or nothing does. */
function isOurBeat(mode: HeartbeatMode): boolean {
  return mode === 'table' || mode === 'message'
}

class Connector implements AsyncDisposable {
  readonly #options: ConnectorOptions
  readonly #context: Context
  readonly #open: (signal: AbortSignal) => Promise<Reader>
  readonly #delivery: Delivery
  readonly #tracker: PulseTracker
  readonly #watch: HealthWatch
  readonly #probe: ProbeHolder
  readonly #backoff: Backoff
  readonly #outage: Outage
  /** Aborts writes to a sink that does not respond. */
  readonly #abandon = new AbortController()
  readonly #over = new AbortController()
  #tasks: Promise<void> = Promise.resolve()
  #reader: Reader | null = null
  #attempt: AbortController = new AbortController()
  /** Where the run ends; null: it has no end. */
  #logEnd: LogEnd | null = null
  /** Where a reader that started from 'now' began. No earlier change was requested, so starting here again loses nothing. */
  #firstOffset: Offset | null = null
  #laneIsOpen = false
  #clashesChecked = false
  readonly #streamed = Promise.withResolvers<void>()
  readonly #beaten = Promise.withResolvers<void>()
  #streamedSinceMs = Number.POSITIVE_INFINITY

  constructor(options: ConnectorOptions) {
    this.#options = options
    const { source, clock, log } = options
    this.#context = { source: source.name, log, clock }
    const { reader } = source.definition
    if (reader === undefined) throw missingPart('reader', source.definition.kind, `cannot run ${source.name}`)
    this.#open = (signal) => reader(source.config, this.#context, signal)
    this.#backoff = new Backoff(options.random)
    this.#outage = new Outage(log, clock)
    this.#probe = new ProbeHolder(() => source.definition.probe(source.config, this.#context, this.#over.signal))
    this.#tracker = new PulseTracker({
      source: source.name,
      intervalMs: source.config.heartbeat.source.intervalMs,
      clock,
      onPulse: (pulse) => {
        this.#watch.pulse(pulse)
        options.observer?.pulse(pulse)
      },
      hasPassed: (position) => this.#hasStored(position),
      unseenFix: source.definition.unseenFix(source.config),
      rowWord: source.definition.defaults.words.row,
      byJob: source.config.heartbeat.source.mode === 'job',
    })
    this.#watch = new HealthWatch({
      ...options,
      probe: this.#probe,
      tracker: this.#tracker,
      offset: () => this.#delivery.offset,
      retrying: () => this.#outage.retrying,
      inspected: (state) => this.#inspected(state),
    })
    options.observer?.reports(() => this.#watch.report())
    this.#delivery = this.#newDelivery()
  }

  #newDelivery(): Delivery {
    const { source, sink, clock, version, log } = this.#options
    return new Delivery({
      source: envelopeSource(source, version),
      positions: source.definition.positions,
      clock,
      messageLimit: sink.messageLimit,
      heartbeatFacts: () => this.#watch.heartbeatFacts(),
      listener: {
        stored: (what) => this.#stored(what),
        failed: (error) => this.#attempt.abort(error),
        notice: ({ code, details, message, fix }) =>
          log.warn(
            { code, ...details, ...(fix === undefined ? {} : { fix }) },
            message ?? new OffbeatError(code, { message: code }).entry.summary,
          ),
        pulse: ({ nonce, committedAtMs }) => {
          this.#tracker.seen(nonce, committedAtMs)
          this.#logEnd?.pulse(committedAtMs)
          return this.#tracker.seenCount
        },
      },
    })
  }

  async run(signal: AbortSignal): Promise<ConnectorEnd> {
    // The side tasks are written never to fail. If one fails anyway, the stream must not continue without it.
    this.#tasks = this.#sideTasks(this.#over.signal).catch((error: unknown) => this.#attempt.abort(error))
    const giveUp = () => this.#giveUpSinkLater()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const end = await this.#attempts(signal)
      this.#watch.stopped(end.reason)
      return end
    } catch (thrown) {
      const error = asOffbeatError(thrown)
      this.#watch.stopped(error)
      throw error
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#tasks
    await this.#delivery.close()
    await this.#probe[Symbol.asyncDispose]()
    await this.#watch.ended()
  }

  async #attempts(signal: AbortSignal): Promise<ConnectorEnd> {
    for (;;) {
      if (signal.aborted) return this.#end('stopped')
      try {
        await this.#claim(signal)
        return this.#end(await this.#stream(signal))
      } catch (thrown) {
        const error = asOffbeatError(thrown)
        if (signal.aborted && error.code === 'STOP_TIMED_OUT') throw error
        if (signal.aborted) return this.#end('stopped')
        await this.#recover(error, signal)
      }
    }
  }

  /** Waits before the next attempt, with a new lane so that heartbeats continue. Throws errors that a retry cannot fix. */
  async #recover(error: OffbeatError, signal: AbortSignal): Promise<void> {
    const { until, log, clock } = this.#options
    await this.#release()
    if (!error.retry || (until === 'head' && this.#backoff.attempt >= PATIENCE_ATTEMPTS)) throw error
    if (clock.monotonicMs() - this.#streamedSinceMs > LONG_LIFE_MS) this.#backoff.forget()
    else if (isByRival(error.code)) this.#backoff.resume()
    this.#streamedSinceMs = Number.POSITIVE_INFINITY
    const delayMs = this.#backoff.next()
    this.#outage.failed(error)
    this.#watch.interrupted(error)
    this.#options.observer?.retrying(error)
    const fields = { code: error.code, found: error.found, fix: error.fix, delayMs, attempt: this.#backoff.attempt }
    // An unclassified error may be permanent, so it is logged as an error from the second attempt on.
    const isLoud = delayMs >= LOUD_DELAY_MS || (error.kind === 'unknown' && this.#backoff.attempt > 1)
    log[isLoud ? 'error' : 'warn'](fields, `${error.message}; trying again in ${Math.round(delayMs / 100) / 10} s`)
    await this.#claimIfPossible(signal)
    await clock.sleep(delayMs, signal).catch(() => undefined)
  }

  async #claim(signal: AbortSignal): Promise<void> {
    if (this.#laneIsOpen) return
    const lane = await this.#options.sink.claim(this.#options.source.name, signal)
    this.#delivery.open(lane, this.#abandon.signal)
    this.#laneIsOpen = true
  }

  async #claimIfPossible(signal: AbortSignal): Promise<void> {
    try {
      await this.#claim(signal)
    } catch (thrown) {
      const error = asOffbeatError(thrown)
      if (!error.retry && !signal.aborted) throw error
    }
  }

  /** Releases the lane and discards everything after the last stored offset. */
  async #release(): Promise<void> {
    this.#laneIsOpen = false
    await this.#delivery.close()
  }

  /** Runs the stream once, until it ends or fails. */
  async #stream(signal: AbortSignal): Promise<ConnectorEnd['reason']> {
    const { source, until } = this.#options
    const end = until === 'head' ? await this.#endNow(signal) : null
    this.#logEnd = end
    const attempt = new AbortController()
    this.#attempt = attempt
    await this.#refuseClashes(signal)
    const ended = AbortSignal.any([signal, attempt.signal, ...(end === null ? [] : [end.signal])])
    await using reader = await this.#open(ended)
    this.#reader = reader
    this.#streamedSinceMs = this.#options.clock.monotonicMs()
    try {
      this.#tracker.streamRestarted()
      if (source.config.heartbeat.connector !== null) this.#delivery.beat()
      this.#delivery.check()
      if (this.#hasReached()) return await this.#atHead(signal)
      const reached = await this.#readWhole(reader, ended)
      await this.#delivery.drain()
      return reached ? await this.#atHead(signal) : 'stopped'
    } finally {
      this.#reader = null
    }
  }

  /** When reading fails at a transaction that cannot be decoded, or at a gap in the log, everything before it is delivered first. */
  async #readWhole(reader: Reader, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#read(reader, signal)
    } catch (thrown) {
      if (endsTheLog(thrown)) await this.#delivery.drain()
      throw thrown
    }
  }

  async #read(reader: Reader, signal: AbortSignal): Promise<boolean> {
    const from = this.#delivery.offset ?? this.#firstOffset ?? 'now'
    // Its write failed, or was never started. A reader that is given an offset does not yield it again.
    if (this.#delivery.offset === null && from !== 'now')
      await this.#delivery.take([{ type: 'progress', offset: from, urgent: true }])
    let streaming = false
    for await (const events of reader.read(from, signal)) {
      this.#watch.heard()
      if (!streaming) this.#begun()
      streaming = true
      this.#streamed.resolve()
      if (from === 'now' && this.#firstOffset === null)
        this.#firstOffset = events.find((event) => event.type === 'progress')?.offset ?? null
      await this.#delivery.take(events)
      if (this.#hasReached()) return true
    }
    if (this.#attempt.signal.aborted) throw this.#attempt.signal.reason
    if (!signal.aborted) throw new OffbeatError('DEFECT', { message: 'the stream ended by itself' })
    return this.#hasReached()
  }

  #begun(): void {
    this.#outage.gave()
    this.#options.observer?.streaming()
  }

  /** A run that ends at the head has also written a heartbeat, since a scheduler may be what runs it. */
  async #atHead(signal: AbortSignal): Promise<'head'> {
    this.#streamed.resolve()
    if (isOurBeat(this.#options.source.config.heartbeat.source.mode)) await untilAborted(this.#beaten.promise, signal)
    return 'head'
  }

  #hasReached(): boolean {
    return this.#logEnd?.hasPassed(this.#delivery.newest?.position ?? null) ?? false
  }

  #hasStored(position: Position): boolean {
    const { offset } = this.#delivery
    if (offset === null) return false
    const order = this.#options.source.definition.positions.compare(offset.position, position)
    return order === 'after' || order === 'same'
  }

  #inspected(state: LogState): void {
    if (state.resume.can === 'no' && state.resume.stop) this.#attempt.abort(lostPosition(state.resume))
    this.#logEnd?.inspected(state)
  }

  /**
   * Checks once that no two tables share a topic, before any change of either is delivered. Only possible where the probe can list the
   * tables.
   */
  async #refuseClashes(signal: AbortSignal): Promise<void> {
    if (this.#clashesChecked) return
    // If this fails, the inspections that follow report it. The stream does not wait for them.
    const clashes = this.#probe.get(signal).then((probe) => probe.tables?.(signal) ?? [])
    const tables = await clashes.catch(() => null)
    if (tables === null) return
    this.#clashesChecked = true
    this.#delivery.expect(tables)
  }

  /** Returns the current end of the log. Throws when our position is lost: a reader with nothing to read would not notice that. */
  async #endNow(signal: AbortSignal): Promise<LogEnd> {
    const probe = await this.#probe.get(signal)
    const state = await probe.inspect(() => this.#delivery.offset, signal)
    if (state.resume.can === 'no') throw lostPosition(state.resume)
    const { name, shown } = state.head
    this.#options.log.debug({}, `reading to the end of the log: ${name} ${shown}`)
    return new LogEnd(state, this.#options.source.definition.positions)
  }

  #stored(what: StoredBatch): void {
    this.#watch.stored(what)
    // Received events are not proof that the stream works: a full store rejects them every time.
    if (this.#reader !== null && what.moved) {
      this.#backoff.reset()
      this.#outage.stored()
    }
    const { pulsesSeen } = what
    if (pulsesSeen !== null) this.#tracker.stored(pulsesSeen)
    this.#reader?.acknowledge(what.offset, () => {
      if (pulsesSeen !== null) this.#tracker.acknowledged(pulsesSeen)
    })
  }

  async #sideTasks(signal: AbortSignal): Promise<void> {
    const { source, log, clock, newId } = this.#options
    const { heartbeat } = source.config
    const tasks = [this.#watch.run(signal)]
    if (heartbeat.connector !== null) tasks.push(this.#beats(heartbeat.connector.intervalMs, signal))
    if (isOurBeat(heartbeat.source.mode)) {
      const { intervalMs } = heartbeat.source
      tasks.push(
        sendPulses(
          {
            source: source.name,
            intervalMs,
            probe: this.#probe,
            tracker: this.#tracker,
            log,
            clock,
            newId,
            streamed: this.#streamed.promise,
            onBeat: () => this.#beaten.resolve(),
          },
          signal,
        ),
      )
    }
    await Promise.all(tasks)
  }

  /** Sends layer 1 heartbeats on their own timer, whatever the state of the stream. */
  async #beats(intervalMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      // The sleep rejects only when the connector ends.
      await clock.sleep(intervalMs, signal).catch(() => undefined)
      if (!signal.aborted) this.#delivery.beat()
    }
  }

  #giveUpSinkLater(): void {
    const expired = () =>
      this.#abandon.abort(
        new OffbeatError('STOP_TIMED_OUT', { message: 'the sink did not accept the last batch in time' }),
      )
    // Rejected when the connector ends first.
    this.#options.clock.sleep(STOP_GRACE_MS, this.#over.signal).then(expired, () => undefined)
  }

  #end(reason: ConnectorEnd['reason']): ConnectorEnd {
    const { offset } = this.#delivery
    return { reason, position: offset && this.#options.source.definition.positions.text(offset.position) }
  }
}

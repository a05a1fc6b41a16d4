import { type Evidence, intervalOf, statusOf, verdictEvidence, type WatchedSource } from '../health/assessment.ts'
import { runwayOf } from '../health/runway.ts'
import { SampleWindow } from '../health/sample-window.ts'
import { type SteadyVerdict, steadyVerdict } from '../health/steady-verdict.ts'
import { type AtRiskSettings, positionVerdict, presentVerdict, withoutOffset } from '../health/verdict.ts'
import type { RateWindows } from '../health/write-rate.ts'
import type { Journal } from '../journal/journal.ts'
import { sampleOf } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { LogState } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import { type Offset, storedOffset } from '../model/offset.ts'
import type { PositionCodec } from '../model/position.ts'
import type { Pulse } from '../model/pulse.ts'
import type { Runway } from '../model/runway.ts'
import type { RetryStatus, SourceStatus } from '../model/source-status.ts'
import { isHealthy, type Verdict } from '../model/verdict.ts'
import type { Probe } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { Delay } from './delay.ts'
import { FaultLog } from './fault-log.ts'
import { JournalQueue } from './journal-queue.ts'
import type { ProbeHolder } from './probe-holder.ts'
import type { PulseTracker } from './pulse-tracker.ts'
import { retryStatus } from './retry-status.ts'
import { StreamState } from './stream-state.ts'

export interface HealthLimits {
  readonly atRisk: AtRiskSettings
  /** From which time of watching on a rate counts; the demo's time is shorter. */
  readonly rateWindows?: RateWindows
}

/** A durable offset, and what was delivered with it. */
export interface Stored {
  readonly offset: Offset
  /** Its position is not the one that was stored before. */
  readonly moved: boolean
  readonly changes: number
  readonly transactions: number
  /** Of layer 1. */
  readonly heartbeats: number
}

export interface HealthWatchOptions {
  readonly source: {
    readonly name: string
    readonly config: SourceConfig
    readonly definition: { readonly kind: string; readonly positions: PositionCodec }
  }
  readonly health: HealthLimits
  /** The process that runs it. */
  readonly pid: number
  readonly journal: Journal
  readonly log: Logger
  readonly clock: Clock
  readonly probe: ProbeHolder
  readonly tracker: PulseTracker
  readonly offset: () => Offset | null
  /** What the stream retries. */
  readonly retrying: () => RetryStatus | null
  /** After each inspection that succeeded, of the offset that was stored when it was made. */
  readonly inspected: (state: LogState) => void
}

const SHORTEST_LOOK_MS = 1000
const LONGEST_LOOK_MS = 30_000
/** An inspection that takes longer has failed. */
const LOOK_TIMEOUT_MS = 10_000
/** What is still found after that many inspections does not come from the offset's moving. */
const MOST_LOOKS = 3
const REPORT_WITHIN_MS = 1000
/** Rates are taken from the last day that was watched, which may lie before a long pause. */
const HISTORY_MS = 7 * 86_400_000

/**
 * Inspects the source twice an interval, and keeps the verdict. The verdict is made from the evidence of the moment in which it is asked
 * for, so that it never contradicts the facts beside it; only what inspections say of the position (lost, at risk) has to be confirmed
 * by a second one. Leaves status, samples and pulses in the journal.
 */
export class HealthWatch {
  readonly #options: HealthWatchOptions
  readonly #startedMs: number
  readonly #startedAtMs: number
  readonly #watched: WatchedSource
  readonly #intervalMs: number
  readonly #queue: JournalQueue
  readonly #stream: StreamState
  readonly #inspectionFault: FaultLog
  readonly #pulseFault: FaultLog
  #state: LogState | null = null
  #lookedMs: number | null = null
  /** The last inspection was made while layer 2 was broken. */
  #askedWhy = false
  #heardMs: number | null = null
  #movedMs: number | null = null
  #changedMs: number | null = null
  #lastChangeAtMs: number | null = null
  #failed: string | null = null
  /** Of the inspections that fail, since the last that did not. */
  #uninspected: { readonly error: OffbeatError; readonly sinceAtMs: number; readonly attempts: number } | null = null
  #beatAtMs: number | null = null
  readonly #counts = { changes: 0, transactions: 0, heartbeats: 0 }
  #window = new SampleWindow()
  #runwayOfLook: Runway = runwayOf(null, [])
  /** What inspections say of the position. */
  #position: SteadyVerdict | null = null
  /** The stream has ended because its position is lost. */
  #lost: Verdict | null = null
  /** The verdict as it was last judged; null: nothing is known yet. */
  #verdict: Verdict | null = null
  readonly #reportDelay: Delay

  constructor(options: HealthWatchOptions) {
    this.#options = options
    const { clock, log, journal } = options
    this.#startedMs = clock.monotonicMs()
    this.#startedAtMs = clock.nowMs()
    this.#reportDelay = new Delay(clock)
    const { name, config, definition } = options.source
    this.#queue = new JournalQueue({ source: name, journal, clock, log })
    this.#stream = new StreamState(clock)
    this.#inspectionFault = new FaultLog(log, clock)
    this.#pulseFault = new FaultLog(log, clock)
    this.#watched = {
      name,
      kind: definition.kind,
      connectorIntervalMs: config.heartbeat.connector?.intervalMs ?? null,
      sourceHeartbeat: config.heartbeat.source,
      atRisk: options.health.atRisk,
    }
    this.#intervalMs = intervalOf(this.#watched)
  }

  /** The stream gave something. */
  heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs()
    if (!this.#stream.opened()) return
    if (this.#verdict !== null) this.#judge()
    this.#reportWithin()
  }

  /** The stream ended and will be retried. */
  interrupted(error: OffbeatError): void {
    this.#stream.failed(error)
    this.#judge()
    // Never rejects; the end of the watch waits for it.
    void this.#report()
  }

  stored(what: Stored): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (what.moved) this.#movedMs = nowMs
    this.#counts.changes += what.changes
    this.#counts.transactions += what.transactions
    this.#counts.heartbeats += what.heartbeats
    if (what.heartbeats > 0) this.#beatAtMs = this.#options.clock.nowMs()
    if (what.changes > 0) {
      this.#changedMs = nowMs
      this.#lastChangeAtMs = this.#options.clock.nowMs()
      if (this.#verdict?.name === 'idle') this.#judge()
    }
    this.#reportWithin()
  }

  /** A pulse went a hop further. One that has come to its end is written at once, for those who wait for it. */
  pulse(pulse: Pulse): void {
    this.#queue.addPulse(pulse)
    // Never rejects; the end of the watch waits for it.
    if (pulse.acknowledgedAtMs !== null || pulse.failedCode !== null) void this.#report()
  }

  heartbeatFacts(): { readonly verdict: string | null; readonly lastChangeAtMs: number | null } {
    return { verdict: this.#verdict?.name ?? null, lastChangeAtMs: this.#lastChangeAtMs }
  }

  /** The status at this moment; null: nothing is known yet. */
  report(): SourceStatus | null {
    const verdict = this.#judge()
    return verdict === null ? null : this.#status(verdict)
  }

  /** Inspects until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    await this.#remember()
    const everyMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, this.#intervalMs / 2))
    let soonMs = SHORTEST_LOOK_MS
    while (!signal.aborted) {
      await this.#look(signal)
      if (signal.aborted) return
      this.#position = steadyVerdict(this.#position, positionVerdict(verdictEvidence(this.#watched, this.#evidence())))
      await this.#report()
      // The only rejection is the end of the connector.
      await clock.sleep(this.#verdict === null ? Math.min(soonMs, everyMs) : everyMs, signal).catch(() => undefined)
      // At the start nothing is known yet, and a minute's interval is a long time to say nothing.
      soonMs *= 2
    }
  }

  /** The connector is over: `end` is the error that stopped it for good, or how it ended. */
  stopped(end: OffbeatError | 'stopped' | 'head'): void {
    this.#failed = end instanceof OffbeatError ? end.code : null
    this.#stream.ended(endInWords(end))
    if (typeof end !== 'string' && end.kind === 'lost position') {
      this.#lost = { name: 'lost', why: `${end.code}: ${end.message}` }
    }
    this.#judge()
  }

  /** Leaves the last report, and resolves when all of it is written. */
  async ended(): Promise<void> {
    this.#reportDelay.cancel()
    await this.#report()
  }

  /** What the journal has of the time before this process. */
  async #remember(): Promise<void> {
    const { source, journal, clock, log } = this.#options
    try {
      const past = await journal.history.status(source.name)
      const lastChangeAt = past?.status.lastChangeAt
      if (lastChangeAt != null && this.#lastChangeAtMs === null) {
        this.#lastChangeAtMs = Date.parse(lastChangeAt)
        this.#changedMs = clock.monotonicMs() - Math.max(0, clock.nowMs() - this.#lastChangeAtMs)
      }
      this.#window = new SampleWindow(await journal.history.samples(source.name, clock.nowMs() - HISTORY_MS))
    } catch (thrown) {
      const { code, message } = asOffbeatError(thrown)
      log.warn({ code }, `cannot read the journal: ${message}`)
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { probe, clock } = this.#options
    const timeout = new AbortController()
    const late = new OffbeatError('LOOK_TIMED_OUT', { message: `it took longer than ${LOOK_TIMEOUT_MS / 1000} s` })
    const expired = () => timeout.abort(late)
    const until = AbortSignal.any([signal, timeout.signal])
    clock.sleep(LOOK_TIMEOUT_MS, until).then(expired, () => undefined)
    try {
      const opened = await probe.get()
      const state = await this.#inspectAtRest(opened, until)
      this.#state = state
      this.#options.inspected(state)
      this.#lookedMs = clock.monotonicMs()
      this.#window.add(sampleOf(state))
      this.#runwayOfLook = runwayOf(state, this.#window.samples, this.#options.health.rateWindows)
      this.#queue.add({ type: 'sample', source: this.#options.source.name, sample: sampleOf(state) })
      await this.#lookForSilence(opened, until)
      this.#uninspected = null
      this.#inspectionFault.isOver('the database can be inspected again')
    } catch (thrown) {
      if (signal.aborted) return
      const error = asOffbeatError(thrown)
      const { code, message, found, fix } = error
      const { sinceAtMs, attempts } = this.#uninspected ?? { sinceAtMs: clock.nowMs(), attempts: 0 }
      this.#uninspected = { error, sinceAtMs, attempts: attempts + 1 }
      this.#inspectionFault.is({ code, found, fix, message: `cannot inspect the database: ${message}` })
    } finally {
      this.#askedWhy = this.#options.tracker.broken() !== null
      timeout.abort()
    }
  }

  /** An inspection takes a while: one that finds the offset unusable is not believed when the offset has moved meanwhile. */
  async #inspectAtRest(probe: Probe, signal: AbortSignal): Promise<LogState> {
    const { offset } = this.#options
    for (let looks = 1; ; looks++) {
      const before = offset()
      const state = await probe.inspect(before, signal, { latest: offset })
      if (looks === MOST_LOOKS || state.resume.can !== 'no' || !this.#hasMoved(before, offset())) return state
    }
  }

  #hasMoved(before: Offset | null, now: Offset | null): boolean {
    if (before === null || now === null) return before !== now
    return this.#options.source.definition.positions.compare(before.position, now.position) !== 'same'
  }

  async #lookForSilence(probe: Probe, signal: AbortSignal): Promise<void> {
    const { tracker } = this.#options
    const code = tracker.broken()?.code
    if (code !== 'PULSE_JOB_SILENT' && code !== 'PULSE_NOT_SEEN') return
    const silence = (await probe.silence?.(signal)) ?? null
    if (silence !== null) tracker.silentBecause(silence)
  }

  /** The verdict at this moment; a change is logged and kept. */
  #judge(): Verdict | null {
    this.#logPulseFault()
    const before = this.#verdict
    const verdict = this.#verdictNow()
    if (verdict === null) return before
    this.#verdict = verdict
    if (verdict.name !== before?.name) this.#changed(verdict, before)
    return verdict
  }

  #verdictNow(): Verdict | null {
    if (this.#lost !== null) return this.#lost
    const evidence = verdictEvidence(this.#watched, this.#evidence())
    const position = positionNow(this.#position?.verdict ?? null, positionVerdict(evidence))
    const judged = position ?? this.#firstWord(presentVerdict(evidence))
    return judged === null || this.#options.offset() !== null ? judged : withoutOffset(judged, evidence)
  }

  /**
   * While no offset is stored, or nothing has been learned yet, there is nothing to be called idle. No offset after three intervals is a
   * fault of its own; nothing learned for that long is `blind` anyway.
   */
  #firstWord(verdict: Verdict): Verdict | null {
    const { clock, offset } = this.#options
    if (verdict.name === 'stopped' || verdict.name === 'blind') return verdict
    const { evidence } = this.#stream
    const isFailing = 'cause' in evidence && evidence.cause !== null
    const known = offset() !== null && evidence.state !== 'starting'
    if (known || isFailing || clock.monotonicMs() - this.#startedMs >= 3 * this.#intervalMs) {
      return known || offset() !== null ? verdict : noOffset(verdict)
    }
    return null
  }

  #changed(verdict: Verdict, before: Verdict | null): void {
    const { source, clock, log } = this.#options
    const from = before?.name ?? null
    const { name, why } = verdict
    this.#queue.add({ type: 'verdict', source: source.name, verdict: { atMs: clock.nowMs(), from, to: name, why } })
    log[levelOf(verdict, before)]({ verdict: name, from }, why)
  }

  /** A beat that cannot be written is logged where it is sent. */
  #logPulseFault(): void {
    const broken = this.#options.tracker.broken()
    // The line has the fix, which an inspection tells.
    if (broken?.code === 'PULSE_NOT_SEEN' && !this.#askedWhy) return
    if (broken === null) this.#pulseFault.isOver('layer 2 works again')
    else if (broken.code.startsWith('PULSE_')) {
      const { hop, code, found, fix } = broken
      this.#pulseFault.is({
        code,
        cause: JSON.stringify(fix),
        found,
        fix,
        message: `layer 2 is broken at the hop "${hop}": ${found}`,
      })
    }
  }

  #runway(): Runway {
    if (this.#lost !== null) return { seconds: 0, kind: 'estimate', because: [this.#lost.why], clocks: [] }
    const ageMs = this.#options.clock.monotonicMs() - (this.#lookedMs ?? 0)
    // An old inspection is no ground for a figure.
    return ageMs < 3 * Math.max(this.#intervalMs, LOOK_TIMEOUT_MS) ? this.#runwayOfLook : runwayOf(null, [])
  }

  #evidence(): Evidence {
    const { tracker, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const ageMs = (atMs: number | null) => (atMs === null ? null : nowMs - atMs)
    const seen = tracker.lastSeen()
    return {
      watchedMs: nowMs - this.#startedMs,
      stream: this.#stream.evidence,
      state: this.#state,
      lookAgeMs: ageMs(this.#lookedMs),
      byteAgeMs: ageMs(this.#heardMs),
      runway: this.#runway(),
      seen,
      backAgeMs: seen === null ? null : tracker.sinceCameBackMs(),
      broken: tracker.broken(),
      offsetAgeMs: ageMs(this.#movedMs),
      changeAgeMs: ageMs(this.#changedMs),
    }
  }

  #status(verdict: Verdict): SourceStatus {
    const { tracker, clock, pid, source } = this.#options
    const offset = this.#options.offset()
    const running = this.#stream.evidence.state !== 'stopped'
    return statusOf(this.#watched, {
      connector: {
        running,
        pid: running ? pid : null,
        since: running ? new Date(this.#startedAtMs).toISOString() : null,
        reportedAt: new Date(clock.nowMs()).toISOString(),
        failed: this.#failed,
        retrying: running ? this.#retrying() : null,
      },
      verdict,
      runway: this.#runway(),
      offset: offset && storedOffset(offset, source.definition.positions),
      state: this.#state,
      samples: this.#window.samples,
      beatAtMs: this.#beatAtMs,
      written: tracker.latest(),
      seen: tracker.lastSeen(),
      broken: tracker.broken(),
      lastChangeAtMs: this.#lastChangeAtMs,
      counts: { ...this.#counts },
    })
  }

  #retrying(): RetryStatus | null {
    const stream = this.#options.retrying()
    if (stream !== null || this.#uninspected === null) return stream
    return retryStatus('inspection', this.#uninspected.error, this.#uninspected)
  }

  /** `status` reads what is in the journal: a change is there within a second. */
  #reportWithin(): void {
    // Never rejects; the end of the watch waits for it.
    this.#reportDelay.start(REPORT_WITHIN_MS, () => void this.#report())
  }

  #report(): Promise<void> {
    // The verdict comes first: a change of it is an entry, too.
    this.#judge()
    return this.#queue.write(() => this.report())
  }
}

/** What stands of the position, with the newest reason. An inspection that says otherwise has to be confirmed. */
function positionNow(steady: Verdict | null, newest: Verdict | null): Verdict | null {
  if (steady === null) return null
  if (newest?.name === steady.name) return newest
  return { ...steady, why: `${steady.why}; the last inspection did not confirm this, and the next one decides` }
}

function noOffset(verdict: Verdict): Verdict {
  return verdict.name === 'stale' ? verdict : { name: 'stale', why: 'no offset has been stored yet' }
}

/** What is normal is logged for those who debug, and so is `stopped`, which the run itself logs with its reason. */
function levelOf(verdict: Verdict, before: Verdict | null): 'debug' | 'info' | 'warn' {
  if (verdict.name === 'stopped') return 'debug'
  if (!isHealthy(verdict.name)) return 'warn'
  return before !== null && isHealthy(before.name) ? 'debug' : 'info'
}

function endInWords(end: OffbeatError | 'stopped' | 'head'): string {
  if (end === 'stopped') return 'the connector was asked to stop'
  if (end === 'head') return 'the connector reached the end of the log and stopped'
  return `the connector has failed with ${end.code}: ${end.message}`
}

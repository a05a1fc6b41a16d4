import { type Evidence, intervalOf, statusOf, verdictEvidence, type WatchedSource } from '../health/assessment.ts'
import { runwayOf } from '../health/runway.ts'
import type { AtRiskSettings } from '../health/verdict.ts'
import { RATE_HISTORY_MS, type RateWindows } from '../health/write-rate.ts'
import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { LogState } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import { type Offset, storedOffset } from '../model/offset.ts'
import type { PositionCodec } from '../model/position.ts'
import type { Pulse } from '../model/pulse.ts'
import type { Runway } from '../model/runway.ts'
import type { RetryStatus, SourceStatus } from '../model/source-status.ts'
import type { Verdict } from '../model/verdict.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { Activity, type StoredProgress } from './activity.ts'
import { Delay } from './delay.ts'
import { INSPECTION_TIMEOUT_MS, Inspector } from './inspector.ts'
import { JournalQueue } from './journal-queue.ts'
import type { ProbeHolder } from './probe-holder.ts'
import { PulseFault } from './pulse-fault.ts'
import type { PulseTracker } from './pulse-tracker.ts'
import { StreamState } from './stream-state.ts'
import { levelOf, VerdictKeeper } from './verdict-keeper.ts'

export interface HealthLimits {
  readonly atRisk: AtRiskSettings
  /** How long a source must be watched before a rate counts. The demo uses shorter times. */
  readonly rateWindows?: RateWindows
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
  /** What the stream is retrying. */
  readonly retrying: () => RetryStatus | null
  /** Called after each successful inspection, with a state that is based on the offset stored at that time. */
  readonly inspected: (state: LogState) => void
}

const SHORTEST_INTERVAL_MS = 1000
const LONGEST_INTERVAL_MS = 30_000
const REPORT_WITHIN_MS = 1000

/**
 * The health of a source while it is read. The source is inspected twice per interval and judged whenever the verdict is requested. The
 * results go to the journal as status, samples, pulses and changes of the verdict. The caller reports what the stream and the offset do;
 * this class does not know the reader.
 */
export class HealthWatch {
  readonly #options: HealthWatchOptions
  readonly #startedMs: number
  readonly #startedAtMs: number
  readonly #watched: WatchedSource
  readonly #intervalMs: number
  readonly #queue: JournalQueue
  readonly #stream: StreamState
  readonly #activity: Activity
  readonly #inspector: Inspector
  readonly #verdict: VerdictKeeper
  readonly #pulseFault: PulseFault
  readonly #reportDelay: Delay
  #failed: string | null = null

  constructor(options: HealthWatchOptions) {
    this.#options = options
    const { clock, log, journal, health } = options
    this.#startedMs = clock.monotonicMs()
    this.#startedAtMs = clock.nowMs()
    this.#reportDelay = new Delay(clock)
    const { name, config, definition } = options.source
    this.#queue = new JournalQueue({ source: name, journal, clock, log })
    this.#stream = new StreamState(clock)
    this.#activity = new Activity(clock)
    this.#inspector = new Inspector({ ...options, rateWindows: health.rateWindows })
    this.#pulseFault = new PulseFault(log, clock)
    this.#watched = {
      name,
      kind: definition.kind,
      connectorIntervalMs: config.heartbeat.connector?.intervalMs ?? null,
      sourceHeartbeat: config.heartbeat.source,
      atRisk: health.atRisk,
    }
    this.#intervalMs = intervalOf(this.#watched)
    this.#verdict = new VerdictKeeper(
      () => ({ evidence: verdictEvidence(this.#watched, this.#evidence()), hasOffset: options.offset() !== null }),
      (verdict, before) => this.#changed(verdict, before),
    )
  }

  /** Call it when the stream yielded something. */
  heard(): void {
    this.#activity.heard()
    if (!this.#stream.opened()) return
    if (this.#verdict.verdict !== null) this.#judge()
    this.#reportWithin()
  }

  /** The stream ended and will be retried. */
  interrupted(error: OffbeatError): void {
    this.#stream.failed(error)
    // Never rejects. The end of the watch waits for it.
    void this.#report()
  }

  stored(what: StoredProgress): void {
    this.#activity.stored(what)
    if (what.changes > 0 && this.#verdict.verdict?.name === 'idle') this.#judge()
    this.#reportWithin()
  }

  /** A pulse reached its next hop. A pulse that is complete or failed is written at once, for clients that wait for it. */
  pulse(pulse: Pulse): void {
    this.#queue.addPulse(pulse)
    // Never rejects. The end of the watch waits for it.
    if (pulse.acknowledgedAtMs !== null || pulse.failedCode !== null) void this.#report()
  }

  heartbeatFacts(): { readonly verdict: string | null; readonly lastChangeAtMs: number | null } {
    return { verdict: this.#verdict.verdict?.name ?? null, lastChangeAtMs: this.#activity.lastChangeAtMs }
  }

  /** The current status; null: nothing is known yet. */
  report(): SourceStatus | null {
    const verdict = this.#judge()
    return verdict === null ? null : this.#status(verdict)
  }

  /** Inspects until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#options
    await this.#remember()
    const everyMs = Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, this.#intervalMs / 2))
    let soonMs = SHORTEST_INTERVAL_MS
    while (!signal.aborted) {
      const sample = await this.#inspector.inspect(signal)
      if (sample !== null) this.#queue.add({ type: 'sample', source: source.name, sample })
      if (signal.aborted) return
      this.#verdict.inspected()
      await this.#report()
      const waitMs = this.#verdict.verdict === null ? Math.min(soonMs, everyMs) : everyMs
      // It rejects only when the connector ends.
      await clock.sleep(waitMs, signal).catch(() => undefined)
      // At the start nothing is known yet, and with an interval of a minute the first report would come late. So the first waits are short.
      soonMs *= 2
    }
  }

  /** The connector ended. `end` is the error that stopped it for good, or how it ended. */
  stopped(end: OffbeatError | 'stopped' | 'head'): void {
    this.#failed = end instanceof OffbeatError ? end.code : null
    this.#stream.ended(endInWords(end))
    if (typeof end !== 'string') this.#verdict.ended(end)
    this.#judge()
  }

  /** Writes the last report, and resolves when everything is written. */
  async ended(): Promise<void> {
    this.#reportDelay.cancel()
    await this.#report()
  }

  /** Loads what the journal has from before this process. */
  async #remember(): Promise<void> {
    const { source, journal, clock, log } = this.#options
    try {
      const past = await journal.history.status(source.name)
      const lastChangeAt = past?.status.lastChangeAt
      if (lastChangeAt != null) this.#activity.remember(Date.parse(lastChangeAt))
      this.#inspector.remember(await journal.history.samples(source.name, clock.nowMs() - RATE_HISTORY_MS))
    } catch (thrown) {
      const { code, message } = asOffbeatError(thrown)
      log.warn({ code }, `cannot read the journal: ${message}`)
    }
  }

  #judge(): Verdict | null {
    this.#pulseFault.is(this.#options.tracker.broken(), this.#inspector.sawBrokenPulses)
    return this.#verdict.judge()
  }

  #changed(verdict: Verdict, before: Verdict | null): void {
    const { source, clock, log } = this.#options
    const from = before?.name ?? null
    const { name, why } = verdict
    this.#queue.add({ type: 'verdict', source: source.name, verdict: { atMs: clock.nowMs(), from, to: name, why } })
    log[levelOf(verdict, before)]({ verdict: name, from }, why)
  }

  #runway(): Runway {
    const { lost } = this.#verdict
    if (lost !== null) return { seconds: 0, kind: 'estimate', because: [lost.why], clocks: [] }
    const ageMs = this.#inspector.ageMs ?? Number.POSITIVE_INFINITY
    // An old inspection cannot support a figure.
    return ageMs < 3 * Math.max(this.#intervalMs, INSPECTION_TIMEOUT_MS) ? this.#inspector.runway : runwayOf(null, [])
  }

  #evidence(): Evidence {
    const { tracker, clock } = this.#options
    const seen = tracker.lastSeen()
    return {
      watchedMs: clock.monotonicMs() - this.#startedMs,
      stream: this.#stream.evidence,
      state: this.#inspector.state,
      inspectionAgeMs: this.#inspector.ageMs,
      runway: this.#runway(),
      seen,
      backAgeMs: seen === null ? null : tracker.sinceCameBackMs(),
      broken: tracker.broken(),
      ...this.#activity.ages,
    }
  }

  #status(verdict: Verdict): SourceStatus {
    const { tracker, clock, pid, retrying, source } = this.#options
    const offset = this.#options.offset()
    const running = this.#stream.evidence.state !== 'stopped'
    const { beatAtMs, lastChangeAtMs, counts } = this.#activity
    return statusOf(this.#watched, {
      connector: {
        running,
        pid: running ? pid : null,
        since: running ? new Date(this.#startedAtMs).toISOString() : null,
        reportedAt: new Date(clock.nowMs()).toISOString(),
        failed: this.#failed,
        retrying: running ? (retrying() ?? this.#inspector.retrying) : null,
      },
      verdict,
      runway: this.#runway(),
      offset: offset && storedOffset(offset, source.definition.positions),
      state: this.#inspector.state,
      samples: this.#inspector.samples,
      beatAtMs,
      written: tracker.latest(),
      seen: tracker.lastSeen(),
      broken: tracker.broken(),
      lastChangeAtMs,
      counts,
    })
  }

  /** `status` reads the journal, so a change must be in it within a second. */
  #reportWithin(): void {
    // Never rejects. The end of the watch waits for it.
    this.#reportDelay.start(REPORT_WITHIN_MS, () => void this.#report())
  }

  #report(): Promise<void> {
    // The verdict comes first, because a change of it is an entry too.
    this.#judge()
    return this.#queue.write(() => this.report())
  }
}

function endInWords(end: OffbeatError | 'stopped' | 'head'): string {
  if (end === 'stopped') return 'the connector was asked to stop'
  if (end === 'head') return 'the connector reached the end of the log and stopped'
  return `the connector has failed with ${end.code}: ${end.message}`
}

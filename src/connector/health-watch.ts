import { type Evidence, intervalOf, judge, statusOf, type WatchedSource } from '../health/assessment.ts'
import { runwayOf } from '../health/runway.ts'
import { SampleWindow } from '../health/sample-window.ts'
import { type SteadyVerdict, steadyVerdict } from '../health/steady-verdict.ts'
import type { AtRiskSettings } from '../health/verdict.ts'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import { sampleOf } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import { timeInWords } from '../model/figures.ts'
import type { LogState, Resume } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import type { Offset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { Runway } from '../model/runway.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Probe } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { Delay } from './delay.ts'
import type { Stored } from './delivery.ts'
import type { ProbeHolder } from './probe-holder.ts'
import type { PulseTracker } from './pulse-tracker.ts'

export interface HealthLimits {
  readonly atRisk: AtRiskSettings
}

export interface HealthWatchOptions {
  readonly source: {
    readonly name: string
    readonly config: SourceConfig
    readonly definition: { readonly kind: string }
  }
  readonly health: HealthLimits
  readonly journal: Journal
  readonly log: Logger
  readonly clock: Clock
  readonly probe: ProbeHolder
  readonly tracker: PulseTracker
  readonly offset: () => Offset | null
  /** A look has found that the open stream passes over what is committed. */
  readonly starves: (why: Extract<Resume, { can: 'no' }>) => void
}

const SHORTEST_LOOK_MS = 1000
const LONGEST_LOOK_MS = 30_000
/** A look that takes longer has failed. */
const LOOK_TIMEOUT_MS = 10_000
/** What is still found after that many looks does not come from the offset's moving. */
const MOST_LOOKS = 3
const TELL_WITHIN_MS = 1000
/** Rates are taken from the last day that was watched, which may lie before a long pause. */
const HISTORY_MS = 7 * 86_400_000
/** So many entries wait for a journal that cannot be written. */
const MOST_WAITING = 120

/** Looks at the source twice an interval, folds what is known into a verdict, and leaves status, samples and pulses in the journal. */
export class HealthWatch {
  readonly #options: HealthWatchOptions
  readonly #startedMs: number
  readonly #watched: WatchedSource
  readonly #intervalMs: number
  #state: LogState | null = null
  #lookedMs: number | null = null
  #heardMs: number | null = null
  #movedMs: number | null = null
  #movedOffset: Offset | null = null
  #changedMs: number | null = null
  #lastChangeAtMs: number | null = null
  #beatAtMs: number | null = null
  readonly #counts = { changes: 0, transactions: 0, heartbeats: 0 }
  #window = new SampleWindow()
  #runwayOfLook: Runway = runwayOf(null, [])
  #steady: SteadyVerdict | null = null
  #lost: Verdict | null = null
  /** Why there is no stream at present, and since when. */
  #trouble: { readonly code: string; readonly sinceMs: number } | null = null
  readonly #tellDelay: Delay
  #waiting: JournalEntry[] = []
  /** One append at a time, in order. */
  #telling: Promise<void> = Promise.resolve()

  constructor(options: HealthWatchOptions) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
    this.#tellDelay = new Delay(options.clock)
    const { name, config, definition } = options.source
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
    if (this.#trouble === null) return
    this.#trouble = null
    this.#tellWithin()
  }

  /** The stream ended and will be tried again. */
  interrupted(error: OffbeatError): void {
    this.#trouble = { code: error.code, sinceMs: this.#trouble?.sinceMs ?? this.#options.clock.monotonicMs() }
    this.#tellWithin()
  }

  stored(what: Stored): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (what.offset.position !== this.#movedOffset?.position) this.#movedMs = nowMs
    this.#movedOffset = what.offset
    if (what.changes > 0) {
      this.#changedMs = nowMs
      this.#lastChangeAtMs = this.#options.clock.nowMs()
    }
    if (what.heartbeats > 0) this.#beatAtMs = this.#options.clock.nowMs()
    this.#counts.changes += what.changes
    this.#counts.transactions += what.transactions
    this.#counts.heartbeats += what.heartbeats
    this.#tellWithin()
  }

  /** A pulse went a hop further. One that has come to its end is written down at once, for whoever waits for it. */
  pulse(pulse: Pulse): void {
    const others = this.#waiting.filter((entry) => entry.type !== 'pulse' || entry.pulse.nonce !== pulse.nonce)
    this.#waiting = [...others, { type: 'pulse', source: this.#options.source.name, pulse }]
    // Never rejects; whoever ends the watch waits for it.
    if (pulse.acknowledgedAtMs !== null || pulse.failedCode !== null) void this.#tellSoon()
  }

  heartbeatFacts(): { readonly verdict: string | null; readonly lastChangeAtMs: number | null } {
    return { verdict: this.#steady?.verdict.name ?? null, lastChangeAtMs: this.#lastChangeAtMs }
  }

  /** Looks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    await this.#remember()
    const everyMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, this.#intervalMs / 2))
    let soonMs = SHORTEST_LOOK_MS
    while (!signal.aborted) {
      await this.#look(signal)
      if (signal.aborted) return
      this.#judge()
      await this.#tellSoon()
      // The only rejection is the end of the connector.
      await clock.sleep(this.#steady === null ? Math.min(soonMs, everyMs) : everyMs, signal).catch(() => undefined)
      // At the start nothing is known yet, and a minute's interval is a long time to say nothing.
      soonMs *= 2
    }
  }

  /** The stream has stopped for good: said at once, without a second look. */
  stopped(error: OffbeatError): void {
    const why = `${error.code}: ${error.message}`
    this.#trouble = null
    if (error.kind === 'lost position') this.#lost = { name: 'lost', why }
    this.#decide(this.#lost ?? { name: 'stale', why: `the connector has stopped: ${why}` })
  }

  /** The connector is over: leaves the last word, and resolves when all of it is written. */
  async ended(): Promise<void> {
    this.#tellDelay.cancel()
    await this.#tellSoon()
  }

  /** What the journal has of the time before this process. */
  async #remember(): Promise<void> {
    const { source, journal, clock, log } = this.#options
    try {
      const past = await journal.history.status(source.name)
      const lastChangeAt = past?.status.lastChangeAt
      this.#lastChangeAtMs ??= lastChangeAt == null ? null : Date.parse(lastChangeAt)
      this.#window = new SampleWindow(await journal.history.samples(source.name, clock.nowMs() - HISTORY_MS))
    } catch (error) {
      log.warn({ code: asOffbeatError(error).code }, `the journal could not be read: ${asOffbeatError(error).message}`)
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { probe, clock, log, offset } = this.#options
    const timeout = new AbortController()
    const late = new OffbeatError('LOOK_TIMED_OUT', { message: `it took longer than ${LOOK_TIMEOUT_MS / 1000} s` })
    const expired = () => timeout.abort(late)
    const until = AbortSignal.any([signal, timeout.signal])
    clock.sleep(LOOK_TIMEOUT_MS, until).then(expired, () => undefined)
    try {
      const opened = await probe.get()
      const state = await inspectAtRest(opened, offset, until)
      this.#state = state
      if (state.resume.can === 'no' && state.resume.starves === true) this.#options.starves(state.resume)
      this.#lookedMs = clock.monotonicMs()
      this.#window.add(sampleOf(state))
      this.#runwayOfLook = runwayOf(state, this.#window.samples)
      this.#waiting.push({ type: 'sample', source: this.#options.source.name, sample: sampleOf(state) })
      await this.#lookForJob(opened, until)
    } catch (thrown) {
      if (signal.aborted) return
      const error = asOffbeatError(thrown)
      log.warn(
        { code: error.code, found: error.found, fix: error.fix },
        `a look at the database failed: ${error.message}`,
      )
    } finally {
      timeout.abort()
    }
  }

  async #lookForJob(probe: Probe, signal: AbortSignal): Promise<void> {
    const { tracker } = this.#options
    if (tracker.broken()?.code !== 'PULSE_JOB_SILENT') return
    const silence = (await probe.silence?.(signal)) ?? null
    if (silence !== null) tracker.silentBecause(silence)
  }

  #judge(): void {
    const verdict = this.#firstWord(judge(this.#watched, this.#evidence()))
    if (verdict === null) return
    const steady = steadyVerdict(this.#steady, verdict)
    if (steady.verdict.name === this.#steady?.verdict.name) this.#steady = steady
    else this.#decide(steady.verdict)
  }

  /**
   * While no offset is stored, or nothing has been learnt yet, there is nothing to be called idle. No offset after three intervals is a
   * fault of its own; nothing learnt for so long is `blind` anyway.
   */
  #firstWord(verdict: Verdict): Verdict | null {
    const { clock, offset } = this.#options
    const known = offset() !== null && (this.#state !== null || this.#heardMs !== null)
    if (known || (verdict.name !== 'idle' && verdict.name !== 'stale')) return verdict
    if (clock.monotonicMs() - this.#startedMs < 3 * this.#intervalMs) return null
    return offset() === null ? { name: 'stale', why: 'no offset has been stored yet' } : verdict
  }

  #decide(verdict: Verdict): void {
    const { source, clock, log } = this.#options
    const from = this.#steady?.verdict.name ?? null
    this.#steady = { verdict, doubt: null }
    if (from === verdict.name) return
    const change = { atMs: clock.nowMs(), from, to: verdict.name, why: verdict.why }
    this.#waiting.push({ type: 'verdict', source: source.name, verdict: change })
    log[verdict.name === 'flowing' || verdict.name === 'idle' ? 'info' : 'warn'](
      { verdict: verdict.name, from },
      verdict.why,
    )
  }

  #withTrouble(verdict: Verdict): Verdict {
    if (this.#trouble === null) return verdict
    const { code, sinceMs } = this.#trouble
    const since = timeInWords(this.#options.clock.monotonicMs() - sinceMs)
    return { name: verdict.name, why: `${verdict.why}; the stream is down since ${since} (${code}) and is tried again` }
  }

  #runway(): Runway {
    if (this.#lost !== null) return { seconds: 0, kind: 'estimate', because: [this.#lost.why], clocks: [] }
    const ageMs = this.#options.clock.monotonicMs() - (this.#lookedMs ?? 0)
    // An old look is no ground for a figure.
    return ageMs < 3 * Math.max(this.#intervalMs, LOOK_TIMEOUT_MS) ? this.#runwayOfLook : runwayOf(null, [])
  }

  #evidence(): Evidence {
    const { tracker, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const ageMs = (atMs: number | null) => (atMs === null ? null : nowMs - atMs)
    const seen = tracker.lastSeen()
    return {
      watchedMs: nowMs - this.#startedMs,
      state: this.#state,
      lookAgeMs: ageMs(this.#lookedMs),
      byteAgeMs: ageMs(this.#heardMs),
      runway: this.#runway(),
      seen,
      backAgeMs: seen === null ? null : tracker.sinceCameBackMs(),
      offsetAgeMs: ageMs(this.#movedMs),
      changeAgeMs: ageMs(this.#changedMs),
    }
  }

  #status(verdict: Verdict): SourceStatus {
    const { tracker, offset } = this.#options
    return statusOf(this.#watched, {
      verdict,
      runway: this.#runway(),
      offset: offset(),
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

  /** `status` reads what is told: a change is told within a second. */
  #tellWithin(): void {
    // Never rejects; whoever ends the watch waits for it.
    this.#tellDelay.start(TELL_WITHIN_MS, () => void this.#tellSoon())
  }

  #tellSoon(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tell())
    return this.#telling
  }

  /** Hands what waits to the journal. Without the journal the stream goes on: what could not be written is tried with the next. */
  async #tell(): Promise<void> {
    const { source, journal, clock, log } = this.#options
    const entries = this.#waiting
    this.#waiting = []
    if (this.#steady !== null) {
      const status = this.#status(this.#withTrouble(this.#steady.verdict))
      entries.push({ type: 'status', source: source.name, status, atMs: clock.nowMs() })
    }
    if (entries.length === 0) return
    try {
      await journal.append(entries)
    } catch (thrown) {
      const error = asOffbeatError(thrown)
      this.#waiting = [...entries.filter((entry) => entry.type !== 'status'), ...this.#waiting].slice(-MOST_WAITING)
      log.warn({ code: error.code, fix: error.fix }, `the journal could not be written: ${error.message}`)
    }
  }
}

/** A look takes a while: one that finds the offset unusable is not to be believed when the offset has moved meanwhile. */
async function inspectAtRest(probe: Probe, offset: () => Offset | null, signal: AbortSignal): Promise<LogState> {
  let state: LogState
  let looks = 0
  let before: Offset | null
  do {
    before = offset()
    state = await probe.inspect(before, signal, { latest: offset })
    looks++
  } while (looks < MOST_LOOKS && state.resume.can === 'no' && offset()?.position !== before?.position)
  return state
}

import { runwayOf } from '../health/runway.ts'
import { SampleWindow } from '../health/sample-window.ts'
import type { RateWindows } from '../health/write-rate.ts'
import { type Sample, sampleOf } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { LogState } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import type { Offset } from '../model/offset.ts'
import type { Runway } from '../model/runway.ts'
import type { RetryStatus } from '../model/source-status.ts'
import type { Probe } from '../sources/source.ts'
import { FaultLog } from './fault-log.ts'
import type { ProbeHolder } from './probe-holder.ts'
import type { PulseTracker } from './pulse-tracker.ts'
import { retryStatus } from './retry-status.ts'

export interface InspectorOptions {
  readonly log: Logger
  readonly clock: Clock
  readonly probe: ProbeHolder
  readonly tracker: PulseTracker
  readonly offset: () => Offset | null
  readonly rateWindows?: RateWindows | undefined
  /** Called after each successful inspection. */
  readonly inspected: (state: LogState) => void
}

/** An inspection that takes longer has failed. */
export const INSPECTION_TIMEOUT_MS = 10_000

/** Inspects the source on request, and keeps the result: the state of the log, samples of it, and the runway. */
export class Inspector {
  readonly #options: InspectorOptions
  readonly #fault: FaultLog
  #state: LogState | null = null
  #inspectedMs: number | null = null
  #window = new SampleWindow()
  #runway: Runway = runwayOf(null, [])
  /** The inspections that failed since the last successful one. */
  #failing: { readonly error: OffbeatError; readonly sinceAtMs: number; readonly attempts: number } | null = null
  #sawBrokenPulses = false

  constructor(options: InspectorOptions) {
    this.#options = options
    this.#fault = new FaultLog(options.log, options.clock)
  }

  /** The result of the last successful inspection; null: none has succeeded. */
  get state(): LogState | null {
    return this.#state
  }

  /** The time since that inspection, by the monotonic clock. */
  get ageMs(): number | null {
    return this.#inspectedMs === null ? null : this.#options.clock.monotonicMs() - this.#inspectedMs
  }

  /** As of that inspection. */
  get runway(): Runway {
    return this.#runway
  }

  /** Newest first. */
  get samples(): readonly Sample[] {
    return this.#window.samples
  }

  /** Layer 2 was broken at the end of the last inspection, which therefore tried to find out why. */
  get sawBrokenPulses(): boolean {
    return this.#sawBrokenPulses
  }

  /** Set while inspections fail and are repeated; null: the last one succeeded. */
  get retrying(): RetryStatus | null {
    return this.#failing === null ? null : retryStatus('inspection', this.#failing.error, this.#failing)
  }

  /** Loads the samples of an earlier process. */
  remember(past: readonly Sample[]): void {
    this.#window = new SampleWindow(past)
  }

  /** Returns a sample of the log; null: the log could not be inspected. Never rejects: a failure is logged and kept. */
  async inspect(signal: AbortSignal): Promise<Sample | null> {
    let sample: Sample | null = null
    const timeout = new AbortController()
    const until = AbortSignal.any([signal, timeout.signal])
    const message = `it took longer than ${INSPECTION_TIMEOUT_MS / 1000} s`
    const expired = () => timeout.abort(new OffbeatError('INSPECTION_TIMED_OUT', { message }))
    this.#options.clock.sleep(INSPECTION_TIMEOUT_MS, until).then(expired, () => undefined)
    try {
      const probe = await this.#options.probe.get()
      sample = this.#found(await probe.inspect(this.#options.offset, until))
      await this.#askForSilence(probe, until)
      this.#failing = null
      this.#fault.isOver('the database can be inspected again')
    } catch (thrown) {
      // The driver reports only that its connection was closed.
      const { reason }: { readonly reason: unknown } = timeout.signal
      if (!signal.aborted) this.#failed(asOffbeatError(timeout.signal.aborted ? reason : thrown))
    } finally {
      this.#sawBrokenPulses = this.#options.tracker.broken() !== null
      timeout.abort()
    }
    return sample
  }

  #found(state: LogState): Sample {
    const { clock, inspected, rateWindows } = this.#options
    const sample = sampleOf(state)
    this.#state = state
    inspected(state)
    this.#inspectedMs = clock.monotonicMs()
    this.#window.add(sample)
    this.#runway = runwayOf(state, this.#window.samples, rateWindows)
    return sample
  }

  #failed(error: OffbeatError): void {
    const { code, message, found, fix } = error
    const { sinceAtMs, attempts } = this.#failing ?? { sinceAtMs: this.#options.clock.nowMs(), attempts: 0 }
    this.#failing = { error, sinceAtMs, attempts: attempts + 1 }
    this.#fault.is({ code, found, fix, message: `cannot inspect the database: ${message}` })
  }

  async #askForSilence(probe: Probe, signal: AbortSignal): Promise<void> {
    const { tracker } = this.#options
    const code = tracker.broken()?.code
    if (code !== 'PULSE_JOB_SILENT' && code !== 'PULSE_NOT_SEEN') return
    const silence = (await probe.silence?.(signal)) ?? null
    if (silence !== null) tracker.silentBecause(silence)
  }
}

import { runwayOf } from '../health/runway.ts'
import { type SteadyVerdict, steadyVerdict } from '../health/steady-verdict.ts'
import { type AtRiskSettings, positionVerdict, presentVerdict, type VerdictEvidence } from '../health/verdict.ts'
import { type Sample, sampleOf } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError } from '../model/error.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { LogState } from '../model/log-state.ts'
import type { Logger } from '../model/logger.ts'
import type { Offset } from '../model/offset.ts'
import { missingPart } from '../sources/missing-part.ts'
import type { Probe, SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { RestartableTask } from './restartable-task.ts'
import type { RestartState, SideFacts } from './side-state.ts'

export interface UnguardedOptions {
  readonly name: string
  /** Layer 2 is off. */
  readonly config: SourceConfig
  readonly definition: SourceDefinition<SourceConfig>
  readonly log: Logger
  readonly clock: Clock
  readonly atRisk: AtRiskSettings
  /** The interval of the guarded reader, by which the freshness of this one is judged. */
  readonly intervalMs: number
}

const INSPECT_EVERY_MS = 1000
const RETRY_MS = 1000
const SAMPLES_KEPT = 120
/** Allows a runway after three seconds. The usual windows would take a minute. */
export const DEMO_WINDOWS = { shortestMs: 3000 }

/** A typical reader without heartbeats: it keeps up with the log, and moves its position only when a row of a watched table has come. */
export class UnguardedSide {
  readonly #options: UnguardedOptions
  readonly #startedMs: number
  #offset: Offset | null = null
  #movedMs: number | null = null
  #changedMs: number | null = null
  #heardMs: number | null = null
  #inspectedMs: number | null = null
  #state: LogState | null = null
  #samples: readonly Sample[] = []
  #steady: SteadyVerdict | null = null
  readonly #task = new RestartableTask((signal) => this.#read(signal))
  #restart: RestartState | null = null

  constructor(options: UnguardedOptions) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
  }

  get facts(): SideFacts {
    const { runway, ...evidence } = this.#evidence()
    const steady = this.#steady === null ? null : (this.#steady.verdict ?? presentVerdict({ runway, ...evidence }))
    return { verdict: steady, runwaySeconds: this.#state === null ? null : runway.seconds, restart: this.#restart }
  }

  get offset(): Offset | null {
    return this.#offset
  }

  /** Reads until the signal aborts or its position is lost. */
  async read(signal: AbortSignal): Promise<void> {
    await this.#task.run(signal)
  }

  async stop(): Promise<void> {
    this.#restart = 'stopped'
    await this.#task.stop()
  }

  start(): void {
    this.#task.start()
  }

  async #read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#stream(signal)
      } catch (thrown) {
        if (signal.aborted) return
        const error = asOffbeatError(thrown)
        if (error.kind === 'lost position') {
          if (this.#restart !== null) this.#restart = 'refused'
          return
        }
        if (!error.retry) throw error
      }
      // Rejects only at the end of the demo.
      await this.#options.clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }

  async #stream(signal: AbortSignal): Promise<void> {
    const { name, config, definition, log, clock } = this.#options
    if (definition.reader === undefined) throw missingPart('reader', definition.kind, `cannot read ${name}`)
    await using reader = await definition.reader(config, { source: name, log, clock })
    let rows = 0
    for await (const events of reader.read(this.#offset ?? 'now', signal)) {
      this.#heardMs = clock.monotonicMs()
      for (const event of events) {
        if (event.type === 'change') rows++
        const offset = this.#positionAfter(event, rows > 0)
        if (offset === null) continue
        this.#offset = offset
        if (event.type !== 'commit') continue
        rows = 0
        if (this.#restart === 'stopped') this.#restart = 'resumed'
        this.#movedMs = clock.monotonicMs()
        this.#changedMs = this.#movedMs
        reader.acknowledge(offset, () => undefined)
      }
    }
  }

  /** The offset after this event: it moves at a transaction with rows, and at the very start to the position where reading begins. */
  #positionAfter(event: LogEvent, hasRows: boolean): Offset | null {
    if (event.type === 'commit') return hasRows ? event.offset : null
    return event.type === 'progress' && this.#offset === null ? event.offset : null
  }

  /** Inspects its position in the log until the signal aborts, as a connector does. */
  async watch(signal: AbortSignal): Promise<void> {
    const { name, config, definition, log, clock } = this.#options
    await using probe = await definition.probe(config, { source: name, log, clock })
    while (!signal.aborted) {
      // Rejects only at the end of the demo.
      await clock.sleep(INSPECT_EVERY_MS, signal).catch(() => undefined)
      if (this.#offset !== null && !signal.aborted) await this.#inspect(probe, signal)
    }
  }

  async #inspect(probe: Probe, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#options
    try {
      this.#state = await probe.inspect(() => this.#offset, signal)
      this.#inspectedMs = clock.monotonicMs()
      this.#samples = [sampleOf(this.#state), ...this.#samples].slice(0, SAMPLES_KEPT)
    } catch (thrown) {
      if (signal.aborted) return
      log.warn({}, `an inspection of the unguarded reader failed: ${asOffbeatError(thrown).message}`)
    }
    this.#steady = steadyVerdict(this.#steady, positionVerdict(this.#evidence()))
  }

  #evidence(): VerdictEvidence {
    const { clock, atRisk, intervalMs } = this.#options
    const nowMs = clock.monotonicMs()
    const ageMs = (atMs: number | null) => (atMs === null ? null : nowMs - atMs)
    return {
      intervalMs,
      watchedMs: nowMs - this.#startedMs,
      stream: { state: 'open' },
      state: this.#state,
      inspectionAgeMs: ageMs(this.#inspectedMs),
      byteAgeMs: ageMs(this.#heardMs),
      runway: runwayOf(this.#state, this.#samples, DEMO_WINDOWS),
      atRisk,
      pulse: null,
      broken: null,
      offsetAgeMs: ageMs(this.#movedMs),
      changeAgeMs: ageMs(this.#changedMs),
    }
  }

  /** Whether the latest inspection found that the position can be opened again. */
  get resumable(): boolean {
    return isResumable(this.#state)
  }
}

export function isResumable(state: LogState | null): boolean {
  return state?.resume.can === 'yes'
}

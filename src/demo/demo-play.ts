import { randomUUID } from 'node:crypto'
import { OffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import type { OpenSink } from '../sinks/registry.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { keepBusy } from './busy-writer.ts'
import { demoLog } from './demo-log.ts'
import type { DemoOptions } from './demo-options.ts'
import type { DemoEnd, DemoSummary } from './demo-summary.ts'
import type { DemoView } from './demo-view.ts'
import { GuardedSide, medianRoundTripMs } from './guarded-side.ts'
import { Observation } from './observation.ts'
import { summaryText } from './plain-line.ts'
import type { DemoStage, RestartPace, Side, StageState } from './stage.ts'
import { together } from './together.ts'
import { UnguardedSide } from './unguarded-side.ts'

export interface PlayOptions extends DemoOptions {
  readonly view: DemoView
  readonly stage: DemoStage
  readonly definition: SourceDefinition<SourceConfig>
}

const SOURCE = 'shop'
const FIRST_ROW_AFTER_MS = 1000
const START_TIMEOUT_MS = 30_000
const LAST_CHECK_TIMEOUT_MS = 5000
const POLL_MS = 50

/** The demo on a prepared server: two readers, a busy database, one row in the quiet database, and an observer. */
export class DemoPlay {
  readonly log: Logger
  readonly #options: PlayOptions
  readonly #unguarded: UnguardedSide
  #warning: string | null = null

  constructor(options: PlayOptions) {
    this.#options = options
    this.log = demoLog((text) => {
      this.#warning = text
    })
    this.#unguarded = new UnguardedSide({
      ...this.#common(),
      name: `${SOURCE}_unguarded`,
      config: this.#config('unguarded', { connector: 'off', source: 'off' }),
      intervalMs: options.stage.pace.beatIntervalMs,
    })
  }

  /** null: stopped before the server knew both readers. */
  async run(sink: OpenSink, signal: AbortSignal): Promise<DemoEnd | null> {
    const guarded = this.#guarded(sink)
    const over = new AbortController()
    let observation: Observation | null = null
    await together(
      [
        (stop) => guarded.run(stop),
        (stop) => this.#unguarded.read(stop),
        (stop) => this.#unguarded.watch(stop),
        async (stop) => {
          observation = await this.#act(guarded, AbortSignal.any([signal, stop]), stop)
          over.abort()
        },
      ],
      over.signal,
    )
    return observation === null ? null : await this.#end(observation, guarded)
  }

  /** Waits for both readers, then runs until the signal aborts or the time is over. `failed` aborts when one of the readers has ended. */
  async #act(guarded: GuardedSide, signal: AbortSignal, failed: AbortSignal): Promise<Observation | null> {
    const start = await this.#bothReaders(guarded, signal)
    if (start === null) return null
    const { clock, forMs, stage } = this.#options
    const { bytesPerSecond, restart } = stage.pace
    const observation = this.#observe(guarded, start)
    const time = new AbortController()
    await together(
      [
        (stop) => observation.run(stop),
        (stop) => keepBusy({ busy: stage.busy, clock, bytesPerSecond }, stop),
        (stop) => this.#moveScenery(observation, stop),
        ...(restart === null ? [] : [(stop: AbortSignal) => this.#restart(observation, guarded, restart, stop)]),
        async (stop) => {
          // Rejects only at the end of the demo.
          await clock.sleep(forMs ?? Number.POSITIVE_INFINITY, stop).catch(() => undefined)
          time.abort()
        },
      ],
      AbortSignal.any([signal, time.signal]),
    )
    await observation.end(failed)
    return observation
  }

  /** The first inspection that finds both readers. */
  async #bothReaders(guarded: GuardedSide, signal: AbortSignal): Promise<StageState | null> {
    const { clock, view, stage } = this.#options
    view.note('Starting both readers ...')
    const deadlineMs = clock.monotonicMs() + START_TIMEOUT_MS
    while (!signal.aborted) {
      const state = await stage.inspect(this.#offsets(guarded))
      if (state.sides.guarded !== undefined && state.sides.unguarded !== undefined) return state
      if (clock.monotonicMs() > deadlineMs) {
        throw new OffbeatError('LOCAL_SERVER_FAILED', {
          message: `the readers of the demo did not begin to read within ${START_TIMEOUT_MS / 1000} s`,
          ...(this.#warning === null ? {} : { found: this.#warning }),
        })
      }
      // Rejects only at the end of the demo.
      await clock.sleep(POLL_MS, signal).catch(() => undefined)
    }
    return null
  }

  #offsets(guarded: GuardedSide) {
    return { guarded: guarded.offset, unguarded: this.#unguarded.offset }
  }

  #observe(guarded: GuardedSide, start: StageState): Observation {
    const { clock, view, stage } = this.#options
    return new Observation(
      {
        stage,
        clock,
        view,
        facts: () => ({ guarded: guarded.facts, unguarded: this.#unguarded.facts }),
        offsets: () => this.#offsets(guarded),
        pulses: () => guarded.pulses,
        warning: () => this.#warning,
      },
      start,
    )
  }

  /** Writes one row in the quiet database, and nothing after it. The server settles regularly, so that the disk follows at once. */
  async #moveScenery(observation: Observation, signal: AbortSignal): Promise<void> {
    const { clock, stage } = this.#options
    let waitMs = FIRST_ROW_AFTER_MS
    while (!signal.aborted) {
      // Rejects only at the end of the demo.
      await clock.sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) return
      await stage.settle()
      if (observation.rowsWritten === 0) {
        await stage.insertRow()
        observation.rowWritten()
      }
      waitMs = stage.pace.settleIntervalMs
    }
  }

  /** Once the unguarded position is lost, stops both readers, writes a row, and starts them again. */
  async #restart(
    observation: Observation,
    guarded: GuardedSide,
    { afterLostMs, downMs }: RestartPace,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, stage } = this.#options
    while (!signal.aborted && this.#unguarded.facts.verdict?.name !== 'lost') {
      // Rejects only at the end of the demo.
      await clock.sleep(POLL_MS, signal).catch(() => undefined)
    }
    await clock.sleep(afterLostMs, signal).catch(() => undefined)
    if (signal.aborted) return
    observation.restarts()
    await Promise.all([guarded.stop(), this.#unguarded.stop()])
    await stage.insertRow()
    observation.rowWritten()
    await clock.sleep(downMs, signal).catch(() => undefined)
    guarded.start()
    this.#unguarded.start()
  }

  async #end(observation: Observation, guarded: GuardedSide): Promise<DemoEnd> {
    const summary = await this.#summary(observation, guarded)
    return { summary, text: summaryText(summary, observation.rowsWritten, this.#options.stage.words) }
  }

  async #summary(observation: Observation, guarded: GuardedSide): Promise<DemoSummary> {
    const pulses = observation.pulses
    const written = pulses.filter(({ writtenAtMs }) => writtenAtMs !== null)
    const facts = { guarded: guarded.facts, unguarded: this.#unguarded.facts }
    return {
      version: 1,
      kind: this.#options.kind,
      simulated: false,
      seconds: Math.round(observation.elapsedMs / 1000),
      guarded: {
        ...observation.held('guarded'),
        beats: written.length,
        pulsesBack: written.filter(({ seenAtMs }) => seenAtMs !== null).length,
        roundTripMsP50: medianRoundTripMs(pulses),
        verdict: facts.guarded.verdict?.name ?? null,
        resumable: await guarded.isResumable(AbortSignal.timeout(LAST_CHECK_TIMEOUT_MS)),
        restart: facts.guarded.restart,
      },
      unguarded: {
        ...observation.held('unguarded'),
        verdict: facts.unguarded.verdict?.name ?? null,
        resumable: this.#unguarded.resumable,
        restart: facts.unguarded.restart,
      },
    }
  }

  #guarded(sink: OpenSink): GuardedSide {
    const { random, version, stage } = this.#options
    return new GuardedSide({
      ...this.#common(),
      name: SOURCE,
      // The default is a job where the database has no scheduler, and the demo has no job.
      config: this.#config('guarded', {
        interval: `${stage.pace.beatIntervalMs}ms`,
        source: { mode: 'table' },
      }),
      sink,
      random,
      newId: randomUUID,
      version,
    })
  }

  #common() {
    const { definition, clock, stage } = this.#options
    return { definition, clock, log: this.log, atRisk: { runwayMs: stage.pace.atRiskMs, usedRatio: 0.8 } }
  }

  #config(side: Side, heartbeat: object): SourceConfig {
    const { kind, stage, definition } = this.#options
    return definition.config.parse({ kind, ...stage.entry(side), heartbeat })
  }
}

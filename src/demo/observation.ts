import type { Clock } from '../model/clock.ts'
import type { Offset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { DemoState, NumberedPulse } from './demo-state.ts'
import type { DemoView } from './demo-view.ts'
import type { SideFacts, SideLogState, SideState } from './side-state.ts'
import type { DemoStage, Side, StageState, StageWords } from './stage.ts'

export interface ObservationOptions {
  readonly stage: DemoStage
  readonly clock: Clock
  readonly view: DemoView
  /** What the two readers know about themselves. */
  readonly facts: () => Readonly<Record<Side, SideFacts>>
  /** What they have stored. */
  readonly offsets: () => Readonly<Record<Side, Offset | null>>
  /** The heartbeats of the guarded reader, oldest first. */
  readonly pulses: () => readonly Pulse[]
  /** The latest error or warning. */
  readonly warning: () => string | null
}

const SAMPLE_EVERY_MS = 250
/** The rate is measured over this many inspections: a few seconds. */
const RATE_SAMPLES = 16
/** At the end, how long to wait for a heartbeat that has not come back yet. */
const LAST_BEAT_MS = 3000
/** How many inspections the chart shows: a few minutes. */
const HISTORY_SAMPLES = 720

/** Inspects the server, combines the results with what the readers report, and shows them. */
export class Observation {
  readonly #options: ObservationOptions
  readonly #startMs: number
  readonly #startWallMs: number
  readonly #start: StageState
  readonly #sides: { readonly guarded: SideTrack; readonly unguarded: SideTrack }
  #latest: StageState
  #written: readonly { readonly atMs: number; readonly bytes: number }[] = []
  #restartElapsedMs: number | null = null
  #rows: { readonly count: number; readonly lastMs: number | null } = { count: 0, lastMs: null }
  #beatsShown = 0
  #lastPulses: readonly Pulse[] | null = null

  /** The demo's time begins with `start`, the first inspection at which the server knows both readers. */
  constructor(options: ObservationOptions, start: StageState) {
    this.#options = options
    this.#startMs = options.clock.monotonicMs()
    this.#startWallMs = options.clock.nowMs()
    this.#start = start
    this.#latest = start
    const { chart } = options.stage.words
    this.#sides = { guarded: new SideTrack('guarded', chart.of), unguarded: new SideTrack('unguarded', chart.of) }
  }

  get rowsWritten(): number {
    return this.#rows.count
  }

  rowWritten(): void {
    this.#rows = { count: this.#rows.count + 1, lastMs: this.#options.clock.monotonicMs() }
  }

  /** Both readers are stopped now, to be started again. */
  restarts(): void {
    this.#restartElapsedMs = this.elapsedMs
  }

  get elapsedMs(): number {
    return this.#options.clock.monotonicMs() - this.#startMs
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.sample()
      // Rejects only at the end of the demo.
      await this.#options.clock.sleep(SAMPLE_EVERY_MS, signal).catch(() => undefined)
    }
  }

  /** The last inspection. Waits briefly for a heartbeat that has not come back yet, and ignores later ones. */
  async end(failed: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const deadlineMs = clock.monotonicMs() + LAST_BEAT_MS
    while (!this.pulses.every(hasArrived) && clock.monotonicMs() < deadlineMs && !failed.aborted) {
      // Rejects only when a reader ends, which is reported elsewhere.
      await clock.sleep(20, failed).catch(() => undefined)
    }
    this.#lastPulses = this.#newestPulses()
    await this.sample()
  }

  async sample(): Promise<void> {
    const { stage, view, clock, facts, offsets } = this.#options
    this.#latest = await stage.inspect(offsets())
    const atMs = clock.monotonicMs()
    this.#written = [...this.#written, { atMs, bytes: this.#latest.writtenBytes }].slice(-RATE_SAMPLES)
    const { guarded, unguarded } = facts()
    this.#sides.guarded.take(this.#latest, guarded, atMs)
    this.#sides.unguarded.take(this.#latest, unguarded, atMs)
    const state = this.state()
    this.#showBeats()
    view.show(state)
  }

  /** The retained log of one reader, at the start and now. */
  held(side: Side): { readonly heldBytesStart: number; readonly heldBytesEnd: number } {
    return {
      heldBytesStart: this.#start.sides[side]?.heldBytes ?? 0,
      heldBytesEnd: this.#latest.sides[side]?.heldBytes ?? 0,
    }
  }

  state(): DemoState {
    const { stage, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const { count, lastMs } = this.#rows
    const facts = this.#options.facts()
    return {
      server: stage.title,
      port: stage.port,
      words: stage.words,
      elapsedMs: this.elapsedMs,
      pace: stage.pace,
      busyBytesPerSecond: this.#rate(),
      head: this.#latest.head,
      logOnDisk: this.#latest.logOnDisk,
      rows: { count, lastAgeMs: lastMs === null ? null : nowMs - lastMs },
      restartElapsedMs: this.#restartElapsedMs,
      guarded: this.#sides.guarded.state(facts.guarded, nowMs),
      unguarded: this.#sides.unguarded.state(facts.unguarded, nowMs),
      beats: this.#numbered().toReversed(),
      warning: this.#options.warning(),
    }
  }

  #rate(): number | null {
    const first = this.#written[0]
    const last = this.#written.at(-1)
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1000) return null
    return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
  }

  /**
   * The heartbeats since the demo's time began, oldest first. Those that an earlier run of the reader wrote are left out: this one does not
   * wait for them.
   */
  get pulses(): readonly Pulse[] {
    return this.#lastPulses ?? this.#newestPulses()
  }

  #newestPulses(): readonly Pulse[] {
    return this.#options
      .pulses()
      .filter(({ writtenAtMs, failedCode }) =>
        writtenAtMs === null ? failedCode !== null : writtenAtMs >= this.#startWallMs,
      )
  }

  #numbered(): NumberedPulse[] {
    return this.pulses.map((pulse, index) => ({
      number: index + 1,
      writtenElapsedMs: (pulse.writtenAtMs ?? this.#options.clock.nowMs()) - this.#startWallMs,
      pulse,
    }))
  }

  /** Shows each heartbeat once, in order, when it is complete. */
  #showBeats(): void {
    for (const beat of this.#numbered().slice(this.#beatsShown)) {
      if (!hasArrived(beat.pulse)) return
      this.#options.view.beat(beat)
      this.#beatsShown++
    }
  }
}

function hasArrived({ acknowledgedAtMs, failedCode }: Pulse): boolean {
  return acknowledgedAtMs !== null || failedCode !== null
}

const UNKNOWN: SideLogState = { heldBytes: 0, position: '-', disk: { files: 0, bytes: 0 } }

/** The state of one reader over all inspections. */
class SideTrack {
  readonly #side: Side
  readonly #charted: StageWords['chart']['of']
  #now: SideLogState = UNKNOWN
  #movedMs = 0
  #chart: readonly number[] = []

  constructor(side: Side, charted: StageWords['chart']['of']) {
    this.#side = side
    this.#charted = charted
  }

  take(state: StageState, { runwaySeconds }: SideFacts, atMs: number): void {
    const now = state.sides[this.#side] ?? UNKNOWN
    if (now.position !== this.#now.position) this.#movedMs = atMs
    this.#now = now
    const value = this.#charted === 'held' ? now.heldBytes : runwaySeconds
    this.#chart = [...this.#chart, value ?? 0].slice(-HISTORY_SAMPLES)
  }

  state(facts: SideFacts, nowMs: number): SideState {
    return { ...facts, ...this.#now, chart: this.#chart, positionAgeMs: Math.max(0, nowMs - this.#movedMs) }
  }
}

import { runConnector } from '../connector/connector.ts'
import { roundTripMs } from '../health/status.ts'
import type { AtRiskSettings } from '../health/verdict.ts'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import { type Offset, parsedOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { OpenSink } from '../sinks/registry.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { RestartableTask } from './restartable-task.ts'
import type { RestartState, SideFacts } from './side-state.ts'
import { DEMO_WINDOWS, isResumable } from './unguarded-side.ts'

export interface GuardedOptions {
  readonly name: string
  readonly config: SourceConfig
  readonly definition: SourceDefinition<SourceConfig>
  readonly sink: OpenSink
  readonly log: Logger
  readonly clock: Clock
  readonly atRisk: AtRiskSettings
  readonly random: () => number
  readonly newId: () => string
  readonly version: string
}

/** The real connector, observed through its journal. */
export class GuardedSide {
  readonly #options: GuardedOptions
  readonly #pulses = new Map<string, Pulse>()
  readonly #task = new RestartableTask((signal) => this.#connect(signal))
  #status: SourceStatus | null = null
  #restart: RestartState | null = null
  /** The time of the last change that was stored before the restart. */
  #changeBefore: string | null = null

  constructor(options: GuardedOptions) {
    this.#options = options
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#task.run(signal)
  }

  async stop(): Promise<void> {
    this.#changeBefore = this.#status?.lastChangeAt ?? null
    this.#restart = 'stopped'
    await this.#task.stop()
    // A heartbeat that is under way comes back to the next connector, which does not know it.
    for (const [nonce, pulse] of this.#pulses) if (pulse.acknowledgedAtMs === null) this.#pulses.delete(nonce)
  }

  start(): void {
    this.#task.start()
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { name, config, definition, sink, log, clock, atRisk, random, newId, version } = this.#options
    const source = { name, config, definition }
    const journal = this.#watchedJournal()
    const health = { atRisk, rateWindows: DEMO_WINDOWS }
    const { pid } = process
    await runConnector(
      { source, sink: sink.sink, journal, log, clock, health, pid, until: null, random, newId, version },
      signal,
    )
  }

  get facts(): SideFacts {
    const status = this.#status
    if (status === null) return { verdict: null, runwaySeconds: null, restart: null }
    const { verdict, why, runway } = status
    return { verdict: { name: verdict, why }, runwaySeconds: runway.seconds, restart: this.#restart }
  }

  /** null: none is stored yet. */
  get offset(): Offset | null {
    const { name, definition, sink } = this.#options
    const stored = sink.store.reader.offset(name)
    return stored && parsedOffset(stored, definition.positions)
  }

  /** Whether the stored offset can be opened now. */
  async isResumable(signal: AbortSignal): Promise<boolean> {
    const { name, config, definition, log, clock } = this.#options
    await using probe = await definition.probe(config, { source: name, log, clock })
    return isResumable(await probe.inspect(() => this.offset, signal))
  }

  /** Every layer 2 heartbeat attempted so far, oldest first. */
  get pulses(): readonly Pulse[] {
    return [...this.#pulses.values()]
  }

  #watchedJournal(): Journal {
    const { journal } = this.#options.sink.store
    return {
      history: journal.history,
      append: async (entries) => {
        for (const entry of entries) this.#see(entry)
        await journal.append(entries)
      },
    }
  }

  #see(entry: JournalEntry): void {
    if (entry.type === 'pulse') this.#pulses.set(entry.pulse.nonce, entry.pulse)
    if (entry.type === 'status') this.#report(entry.status)
  }

  #report(status: SourceStatus): void {
    // At its end, the demo shows the last status from before the stop.
    if (!status.connector.running && !this.#task.isStopped) return
    this.#status = status
    const isNew = status.lastChangeAt !== this.#changeBefore
    if (this.#restart === 'stopped' && !this.#task.isStopped && isNew) this.#restart = 'resumed'
  }
}

/** The median round trip. null: no heartbeat came back. */
export function medianRoundTripMs(pulses: readonly Pulse[]): number | null {
  const trips = pulses
    .map((pulse) => roundTripMs(pulse))
    .filter((trip) => trip !== null)
    .toSorted((a, b) => a - b)
  return trips[Math.floor((trips.length - 1) / 2)] ?? null
}

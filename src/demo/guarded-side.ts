import { runConnector } from '../connector/connector.ts'
import { roundTripMs } from '../health/status.ts'
import type { AtRiskSettings } from '../health/verdict.ts'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import { parsedOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { OpenSink } from '../sinks/registry.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import type { SideFacts } from './demo-state.ts'
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
  #status: SourceStatus | null = null

  constructor(options: GuardedOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
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
    if (status === null) return { verdict: null, runwaySeconds: null }
    return { verdict: { name: status.verdict, why: status.why }, runwaySeconds: status.runway.seconds }
  }

  /** Whether the stored offset can be opened now. */
  async isResumable(signal: AbortSignal): Promise<boolean> {
    const { name, config, definition, sink, log, clock } = this.#options
    await using probe = await definition.probe(config, { source: name, log, clock })
    const offset = () => {
      const stored = sink.store.reader.offset(name)
      return stored && parsedOffset(stored, definition.positions)
    }
    return isResumable(await probe.inspect(offset, signal))
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
    // The demo stops its own connector, so it keeps the last status from before the stop.
    if (entry.type === 'status' && entry.status.connector.running) this.#status = entry.status
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

import { randomUUID } from 'node:crypto'
import type { AdminConnection } from '../local-server/postgresql/admin-connection.ts'
import {
  GUARDED_PUBLICATION,
  GUARDED_SLOT,
  UNGUARDED_PUBLICATION,
  UNGUARDED_SLOT,
} from '../local-server/postgresql/prepared-server.ts'
import { OffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import type { OpenSink } from '../sinks/registry.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { runBusyNeighbour } from './busy-neighbour.ts'
import { demoLog } from './demo-log.ts'
import type { DemoOptions } from './demo-options.ts'
import type { DemoPace } from './demo-state.ts'
import type { DemoSummary } from './demo-summary.ts'
import type { DemoView } from './demo-view.ts'
import { GuardedSide, medianRoundTripMs } from './guarded-side.ts'
import { Observation } from './observation.ts'
import { lookAtServer, type ServerLook } from './server-look.ts'
import { together } from './together.ts'
import { UnguardedSide } from './unguarded-side.ts'

export interface PlayOptions extends DemoOptions {
  readonly pace: DemoPace
  readonly view: DemoView
  readonly port: number
  /** As the connector's user. */
  readonly quietUrl: string
  /** Each with one thing at a time to do. */
  readonly connections: {
    readonly observer: AdminConnection
    readonly stagehand: AdminConnection
    readonly neighbour: AdminConnection
  }
  readonly definition: SourceDefinition<SourceConfig>
}

const SOURCE = 'shop'
const FIRST_ROW_AFTER_MS = 1000
const SLOTS_TIMEOUT_MS = 30_000
const LAST_LOOK_TIMEOUT_MS = 5000

/** The play itself on a prepared server: two readers, a busy neighbour, one row, checkpoints, and somebody who watches. */
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
      config: this.#config(UNGUARDED_SLOT, UNGUARDED_PUBLICATION, { connector: 'off', source: 'off' }),
      intervalMs: options.pace.beatIntervalMs,
    })
  }

  /** null: stopped before both slots were there. */
  async run(sink: OpenSink, signal: AbortSignal): Promise<DemoSummary | null> {
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
    return observation === null ? null : await this.#summary(observation, guarded)
  }

  /** Waits for both slots, then lets everything happen until the signal aborts or the time is over; `failed`: one of the readers ended. */
  async #act(guarded: GuardedSide, signal: AbortSignal, failed: AbortSignal): Promise<Observation | null> {
    const start = await this.#bothSlots(signal)
    if (start === null) return null
    const { clock, forMs, pace, connections } = this.#options
    const observation = await this.#observe(guarded, start)
    const time = new AbortController()
    await together(
      [
        (stop) => observation.run(stop),
        (stop) => runBusyNeighbour({ admin: connections.neighbour, clock, bytesPerSecond: pace.bytesPerSecond }, stop),
        (stop) => this.#moveScenery(observation, stop),
        async (stop) => {
          // The only rejection is the end of the demo.
          await clock.sleep(forMs ?? Number.POSITIVE_INFINITY, stop).catch(() => undefined)
          time.abort()
        },
      ],
      AbortSignal.any([signal, time.signal]),
    )
    await observation.end(failed)
    return observation
  }

  /** A first look at which both slots are there. */
  async #bothSlots(signal: AbortSignal): Promise<ServerLook | null> {
    const { clock, view, connections } = this.#options
    view.note('Starting both readers ...')
    const deadlineMs = clock.monotonicMs() + SLOTS_TIMEOUT_MS
    while (!signal.aborted) {
      const look = await lookAtServer(connections.observer)
      if (look.slots.has(GUARDED_SLOT) && look.slots.has(UNGUARDED_SLOT)) return look
      if (clock.monotonicMs() > deadlineMs) {
        throw new OffbeatError('LOCAL_SERVER_FAILED', {
          message: `the readers of the demo did not create their slots within ${SLOTS_TIMEOUT_MS / 1000} s`,
          ...(this.#warning === null ? {} : { found: this.#warning }),
        })
      }
      // The only rejection is the end of the demo.
      await clock.sleep(50, signal).catch(() => undefined)
    }
    return null
  }

  async #observe(guarded: GuardedSide, start: ServerLook): Promise<Observation> {
    const { clock, pace, view, port, connections } = this.#options
    const [row] = await connections.observer.query('SHOW server_version')
    const version = String(row?.['server_version']).split(' ')[0]
    return new Observation(
      {
        admin: connections.observer,
        clock,
        pace,
        view,
        server: { title: `PostgreSQL ${version}`, port },
        slots: { guarded: GUARDED_SLOT, unguarded: UNGUARDED_SLOT },
        guarded: () => guarded.facts,
        unguarded: () => this.#unguarded.facts,
        pulses: () => guarded.pulses,
        warning: () => this.#warning,
      },
      start,
    )
  }

  /** One row in the quiet database, and then silence; checkpoints, so that the disk follows the slots at once. */
  async #moveScenery(observation: Observation, signal: AbortSignal): Promise<void> {
    const { clock, pace, connections } = this.#options
    let waitMs = FIRST_ROW_AFTER_MS
    while (!signal.aborted) {
      // The only rejection is the end of the demo.
      await clock.sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) return
      if (observation.rowsWritten === 0) {
        await connections.stagehand.query(`INSERT INTO orders (item) VALUES ('the only order of the day')`)
        observation.rowWritten()
      }
      await connections.stagehand.query('CHECKPOINT')
      waitMs = pace.checkpointIntervalMs
    }
  }

  async #summary(observation: Observation, guarded: GuardedSide): Promise<DemoSummary> {
    const pulses = observation.pulses
    const written = pulses.filter(({ writtenAtMs }) => writtenAtMs !== null)
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
        verdict: guarded.facts.verdict?.name ?? null,
        resumable: await guarded.isResumable(AbortSignal.timeout(LAST_LOOK_TIMEOUT_MS)),
      },
      unguarded: {
        ...observation.held('unguarded'),
        verdict: this.#unguarded.facts.verdict?.name ?? null,
        resumable: this.#unguarded.resumable,
      },
    }
  }

  #guarded(sink: OpenSink): GuardedSide {
    const { random, version, pace } = this.#options
    return new GuardedSide({
      ...this.#common(),
      name: SOURCE,
      config: this.#config(GUARDED_SLOT, GUARDED_PUBLICATION, { interval: `${pace.beatIntervalMs}ms` }),
      sink,
      random,
      newId: randomUUID,
      version,
    })
  }

  #common() {
    const { definition, clock, pace } = this.#options
    return { definition, clock, log: this.log, atRisk: { runwayMs: pace.atRiskMs, usedRatio: 0.8 } }
  }

  #config(slot: string, publication: string, heartbeat: object): SourceConfig {
    const { kind, quietUrl, definition } = this.#options
    const tables = ['public.orders']
    return definition.config.parse({ kind, url: quietUrl, tables, slot, publication, heartbeat })
  }
}

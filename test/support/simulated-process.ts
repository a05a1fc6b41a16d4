import { type ConnectorEnd, runConnector } from '../../src/connector/connector.ts'
import type { Journal, JournalEntry } from '../../src/journal/journal.ts'
import { asOffbeatError, OffbeatError } from '../../src/model/error.ts'
import type { Logger } from '../../src/model/logger.ts'
import { Secret } from '../../src/model/secret.ts'
import type { SourceStatus } from '../../src/model/source-status.ts'
import type { Lane, Sink } from '../../src/sinks/sink.ts'
import type { HeartbeatConfig, SourceConfig } from '../../src/sources/source-config.ts'
import { Gates } from './gates.ts'
import { noFaults, type ScheduledFaults, ScheduledSource } from './scheduled-source.ts'
import type { SimulatedDatabase } from './simulated/database.ts'
import type { SimulatedStore } from './simulated-store.ts'
import { VirtualClock } from './virtual-clock.ts'

export const SIMULATED_INTERVAL_MS = 60_000

export interface SimulatedProcessOptions {
  readonly database: SimulatedDatabase
  readonly store: SimulatedStore
  readonly chunk?: () => number
  readonly heartbeat?: Partial<HeartbeatConfig>
  readonly wallMs?: number
  readonly until?: 'head' | null
  readonly headIsComparable?: boolean
}

export type SimulatedEnd = { readonly end: ConnectorEnd } | { readonly error: OffbeatError }

/**
 * The life of one process with the real loop. Everything that it waits for passes through this object's gates and clock, so dropping the
 * object is a crash. The durable parts, the log and the store, are outside and survive.
 */
export class SimulatedProcess {
  readonly clock: VirtualClock
  readonly gates = new Gates()
  readonly source: ScheduledSource
  readonly faults: ScheduledFaults = noFaults()
  /** The next write of the lane fails, before or after it has become durable. */
  sinkFault: 'before' | 'after' | null = null
  readonly warnings: string[] = []
  readonly entries: JournalEntry[] = []
  openLanes = 0
  ended: SimulatedEnd | null = null
  readonly #stop = new AbortController()
  /** The number of real operations whose result is still pending. */
  #underway = 0
  #lastId = 0

  constructor(options: SimulatedProcessOptions) {
    this.clock = new VirtualClock(options.wallMs)
    const { database, chunk = () => 3, headIsComparable = true } = options
    const { gates, faults } = this
    this.source = new ScheduledSource({ database, gates, faults, chunk, headIsComparable })
    void this.#run(options)
  }

  /** Requests a clean stop. Calling it twice is harmless. */
  stop(): void {
    this.#stop.abort()
  }

  /** Waits until nothing moves without opening a gate or passing time. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.#underway > 0)
  }

  /** The last reported status of the process. */
  get status(): SourceStatus | null {
    const last = this.entries.findLast((entry) => entry.type === 'status')
    return last?.type === 'status' ? last.status : null
  }

  async #run(options: SimulatedProcessOptions): Promise<void> {
    const run = runConnector(
      {
        source: { name: 'sim', config: simulatedConfig(options.heartbeat), definition: this.source.definition },
        sink: this.#gatedSink(options.store.sink()),
        journal: this.#journal(),
        log: this.#logger(),
        clock: this.clock,
        pid: process.pid,
        health: { atRisk: { runwayMs: 24 * 3_600_000, usedRatio: 0.8 } },
        until: options.until ?? null,
        random: () => 0.5,
        newId: () => `${options.database.log.head}-${++this.#lastId}`,
        version: '0.0.0',
      },
      this.#stop.signal,
    )
    this.ended = await run.then(
      (end) => ({ end }),
      (error: unknown) => ({ error: asOffbeatError(error) }),
    )
  }

  #gatedSink(sink: Sink): Sink {
    return {
      claim: async (source, signal) => {
        await this.gates.pass('claim', signal)
        const lane = await this.#during(sink.claim(source, signal))
        await this.gates.pass('claimed', signal)
        this.openLanes++
        return this.#gatedLane(lane)
      },
      [Symbol.asyncDispose]: () => Promise.resolve(sink[Symbol.asyncDispose]()),
    }
  }

  #gatedLane(lane: Lane): Lane {
    let disposed = false
    return {
      offset: lane.offset,
      write: async (batch, signal) => {
        await this.gates.pass('write', signal)
        this.#failIf('before')
        await this.#during(lane.write(batch, signal))
        await this.gates.pass('written', signal)
        this.#failIf('after')
      },
      [Symbol.asyncDispose]: async () => {
        if (!disposed) this.openLanes--
        disposed = true
        await this.gates.pass('give up the lane')
        await this.#during(Promise.resolve(lane[Symbol.asyncDispose]()))
      },
    }
  }

  #failIf(when: 'before' | 'after'): void {
    if (this.sinkFault !== when) return
    this.sinkFault = null
    throw new OffbeatError('STORE_BUSY', { message: `the write failed ${when} it was durable` })
  }

  #journal(): Journal {
    return {
      append: async (entries) => {
        await this.gates.pass('journal')
        this.entries.push(...entries)
      },
      history: {
        ledger: async () => [],
        pulses: async () => [],
        samples: async () => [],
        verdicts: async () => [],
        status: async () => null,
      },
    }
  }

  #logger(): Logger {
    const silent = () => undefined
    const say = (_: object, message: string) => void this.warnings.push(message)
    const logger: Logger = { debug: silent, info: silent, warn: say, error: say, child: () => logger }
    return logger
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    this.#underway++
    try {
      return await work
    } finally {
      this.#underway--
    }
  }
}

export function simulatedConfig(heartbeat: Partial<HeartbeatConfig> = {}): SourceConfig {
  return {
    kind: 'simulated',
    connection: {
      hosts: [{ host: 'localhost', port: 1 }],
      database: 'simulated',
      user: 'u',
      password: new Secret('secret-of-u'),
      tls: { mode: 'disable', ca: null, cert: null, key: null, servername: null },
    },
    tables: [],
    exclude: [],
    truncates: false,
    readOnly: false,
    primary: null,
    disk: null,
    heartbeat: {
      connector: { intervalMs: SIMULATED_INTERVAL_MS },
      source: {
        mode: 'table',
        by: null,
        intervalMs: SIMULATED_INTERVAL_MS,
        schema: 'public',
        table: 'heartbeat',
        deliver: false,
      },
      ...heartbeat,
    },
  }
}

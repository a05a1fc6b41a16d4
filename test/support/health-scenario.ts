import { statusAtRest } from '../../src/health/assessment-at-rest.ts'
import { type PausePlan, planPause } from '../../src/health/pause-plan.ts'
import { type Journal, type Sample, sampleOf, type VerdictChange } from '../../src/journal/journal.ts'
import { OffbeatError } from '../../src/model/error.ts'
import type { Blocker, Limit, LogState, ServerRun } from '../../src/model/log-state.ts'
import { type Offset, type StoredOffset, storedOffset } from '../../src/model/offset.ts'
import type { Pulse } from '../../src/model/pulse.ts'
import type { SourceStatus } from '../../src/model/source-status.ts'
import type { Probe } from '../../src/sources/source.ts'
import { HealthWatch } from '../../src/watch/health-watch.ts'
import { ProbeHolder } from '../../src/watch/probe-holder.ts'
import { PulseTracker } from '../../src/watch/pulse-tracker.ts'
import { logState } from './log-state.ts'
import { silentLog } from './silent-log.ts'
import { numberPositions, positionAt } from './simulated/position.ts'
import { simulatedConfig } from './simulated-process.ts'
import { VirtualClock } from './virtual-clock.ts'

const INSPECT_EVERY_MS = 30_000
const MINUTE_MS = 60_000
const ATRISK = { runwayMs: 24 * 3_600_000, usedRatio: 0.8 }

/** A connector's health over days: the real watch with a simulated server and a virtual clock. */
export class HealthScenario {
  readonly clock = new VirtualClock(Date.UTC(2026, 0, 1, 8))
  /** Bytes that the server writes per minute, by the hour of the day. */
  writes: (hour: number) => number = () => 0
  keepBytes: number | null = null
  server: ServerRun = { system: 's', run: 'first' }
  blocker: Blocker | null = null
  reachable = true
  lost = false
  /** Whether the watched tables change. */
  changing = false
  readonly changes: VerdictChange[] = []
  #written = 1_000_000_000_000
  /** The first byte of log that the slot retains. */
  #held = 1_000_000_000_000
  #offset: Offset | null = null
  readonly #samples: Sample[] = []
  #pulses: Pulse[] = []
  #status: SourceStatus | null = null
  #running: { watch: HealthWatch; tracker: PulseTracker; stop: AbortController; over: Promise<void> } | null = null
  #turn = 0
  #mark = 0

  start(): void {
    const tracker = new PulseTracker({
      source: 'sim',
      intervalMs: MINUTE_MS,
      clock: this.clock,
      onPulse: (pulse) => watch.pulse(pulse),
      unseenFix: [],
      rowWord: 'row',
      hasPassed: () => true,
    })
    const watch = new HealthWatch({
      source: { name: 'sim', config: simulatedConfig(), definition: { kind: 'simulated', positions: numberPositions } },
      pid: process.pid,
      health: { atRisk: ATRISK },
      journal: this.#journal(),
      log: silentLog,
      clock: this.clock,
      probe: new ProbeHolder(async () => this.#probe()),
      tracker,
      inspected: () => undefined,
      offset: () => this.#offset,
      retrying: () => null,
    })
    const stop = new AbortController()
    this.#running = { watch, tracker, stop, over: watch.run(stop.signal) }
    this.#beat()
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = null
    running?.stop.abort()
    await running?.over
    await running?.watch.ended()
  }

  /** Lets time pass. `each` is called after every half minute. */
  async pass(hours: number, each: () => void = () => undefined): Promise<void> {
    for (let turn = 0; turn < hours * 120; turn++) {
      this.#written += this.writes(new Date(this.clock.nowMs()).getUTCHours()) / 2
      if (++this.#turn % 2 === 0 && this.#running !== null && this.reachable) this.#beat()
      this.clock.advance(INSPECT_EVERY_MS)
      await new Promise((resolve) => setImmediate(resolve))
      each()
    }
  }

  /** What `offbeat status` reports now. */
  get now(): { verdict: string; hours: number | null; kind: string; because: string; why: string } {
    const status = this.#running === null ? this.#atRest() : this.#status
    if (status === null) return { verdict: 'none', hours: null, kind: '', because: '', why: '' }
    const { verdict, why, runway } = status
    const hours = runway.seconds === null ? null : Math.round(runway.seconds / 360) / 10
    return { verdict, hours, kind: runway.kind, because: runway.because.join('; '), why }
  }

  plan(hours: number): PausePlan {
    const state = this.#state()
    const samples = [sampleOf(state), ...this.#samples.toReversed()]
    return planPause({ pauseMs: hours * 3_600_000, offset: this.#storedOffset, state, samples })
  }

  /** Another server takes over. Its log has other positions, and so has our slot. */
  failOver(written: number, server: ServerRun): void {
    this.#written = written
    this.#held = written
    this.server = server
  }

  #atRest(): SourceStatus {
    const weekAgoMs = this.clock.nowMs() - 7 * 86_400_000
    return statusAtRest({
      name: 'sim',
      kind: 'simulated',
      nowMs: this.clock.nowMs(),
      connector: { running: false, pid: null, since: null, reportedAt: null, failed: null, retrying: null },
      stream: { state: 'stopped', why: 'no process runs the connector' },
      connectorIntervalMs: MINUTE_MS,
      sourceHeartbeat: { mode: 'table', intervalMs: MINUTE_MS },
      atRisk: ATRISK,
      offset: this.#storedOffset,
      state: this.reachable ? this.#state() : null,
      samples: this.#samples.filter(({ atMs }) => atMs >= weekAgoMs).toReversed(),
      pulses: this.#pulses.toReversed(),
      lastStatus: this.#status,
    })
  }

  get #storedOffset(): StoredOffset | null {
    return this.#offset && storedOffset(this.#offset, numberPositions)
  }

  /** A pulse passes through every stage, and the offset moves with it. */
  #beat(): void {
    const running = this.#running
    if (running === null) return
    const { tracker, watch } = running
    const nonce = `offbeat:sim:${++this.#mark}`
    tracker.writing(nonce)
    tracker.written(nonce, null)
    tracker.seen(nonce, this.clock.nowMs())
    tracker.stored(tracker.seenCount)
    tracker.acknowledged(tracker.seenCount)
    if (this.blocker === null) this.#held = this.#written
    const moved = { by: 'pulse', why: 'simulated', atMs: this.clock.nowMs() } as const
    this.#offset = { position: positionAt(this.#written), server: null, memory: {}, moved }
    watch.heard()
    const changes = this.changing ? 1 : 0
    watch.stored({ moved: true, changes, transactions: 1, heartbeats: 1 })
  }

  #probe(): Probe {
    return {
      inspect: async () => {
        if (this.reachable) return this.#state()
        throw new OffbeatError('DATABASE_UNREACHABLE', { message: 'it is down' })
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  #state(): LogState {
    const used = this.#written - this.#held
    const base = { unit: 'bytes', used, certain: true } as const
    const keep: Limit = {
      ...base,
      name: 'keep',
      keeps: this.keepBytes ?? Number.POSITIVE_INFINITY,
      ends: 'offset lost',
      because: [],
    }
    const resume = {
      can: 'no',
      code: 'POSTGRES_SLOT_INVALIDATED',
      message: 'it is lost',
      found: null,
      expected: null,
      details: {},
      choices: [],
      stop: false,
    } as const
    return logState({
      atMs: this.clock.nowMs(),
      run: this.server,
      writtenBytes: BigInt(this.#written),
      heldBytes: BigInt(used),
      behind: 'no',
      lagBytes: 0n,
      limits: [keep],
      blockers: this.blocker === null ? [] : [this.blocker],
      ...(this.lost ? { resume } : {}),
    })
  }

  #journal(): Journal {
    return {
      append: async (entries) => {
        for (const entry of entries) {
          if (entry.type === 'sample') this.#samples.push(entry.sample)
          else if (entry.type === 'verdict') this.changes.push(entry.verdict)
          else if (entry.type === 'status') this.#status = entry.status
          else this.#pulses = [...this.#pulses.slice(-5), entry.pulse]
        }
      },
      history: {
        ledger: async () => [],
        pulses: async () => this.#pulses,
        samples: async (_, sinceMs) => this.#samples.filter(({ atMs }) => atMs >= sinceMs).toReversed(),
        verdicts: async () => this.changes,
        status: async () => (this.#status === null ? null : { status: this.#status, atMs: this.clock.nowMs() }),
      },
    }
  }
}

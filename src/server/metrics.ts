import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { roundTripMs } from '../health/status.ts'
import type { Clock } from '../model/clock.ts'
import { PULSE_HOPS } from '../model/pulse.ts'
import type { RunwayClock } from '../model/runway.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { VERDICTS } from '../model/verdict.ts'
import { CONNECTOR_STATES, type SourceBoard, type SourceView } from './source-board.ts'

/** A round trip takes milliseconds on a local network, and minutes behind a long transaction. */
const ROUND_TRIP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180]

/**
 * Metrics of the library that are left out: gauges with names of counters, and metrics that it writes as `Nan` while there is nothing to
 * average.
 */
const LEFT_OUT = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
]

/**
 * Prometheus metrics of the board's data, in base units. An unknown value has no sample, so that no alert acts on a guess. An unlimited
 * runway is +Inf.
 */
export class Metrics implements Disposable {
  readonly #registry = new Registry()
  readonly #board: SourceBoard
  readonly #stopListening: () => void

  constructor(board: SourceBoard, about: { readonly version: string; readonly clock: Clock }) {
    this.#board = board
    collectDefaultMetrics({ register: this.#registry })
    for (const name of LEFT_OUT) this.#registry.removeSingleMetric(name)
    this.#info(about.version)
    this.#oneHots()
    this.#runways()
    this.#positions()
    this.#times(about.clock)
    this.#totals()
    this.#stopListening = this.#follow()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The text of one scrape. */
  async text(): Promise<string> {
    return await this.#registry.metrics()
  }

  /** Stops counting. A scrape in progress, or one that comes later, still gets the last figures. */
  [Symbol.dispose](): void {
    this.#stopListening()
  }

  #info(version: string): void {
    const help = 'The version of Offbeat and of Node that runs; always 1.'
    const gauge = this.#gauge('offbeat_build_info', help, ['version', 'node'])
    gauge.set({ version, node: process.versions.node }, 1)
  }

  #oneHots(): void {
    const state = 'Whether the connector is in this state: 1 for the one it is in, 0 for the others.'
    this.#sampled('offbeat_connector_state', state, ['state'], ({ state }) =>
      CONNECTOR_STATES.map((each) => [{ state: each }, each === state ? 1 : 0]),
    )
    const verdict = "Whether this is the source's verdict: 1 for the one that holds, 0 for the others."
    this.#sampled('offbeat_verdict', verdict, ['verdict'], ({ status }) =>
      status === null ? [] : VERDICTS.map((each) => [{ verdict: each }, each === status.verdict ? 1 : 0]),
    )
    const broken = 'Whether layer 2 is broken at this hop: 1 for the broken one, 0 for the others.'
    this.#sampled('offbeat_pulse_broken', broken, ['hop'], ({ status }) =>
      status === null ? [] : PULSE_HOPS.map((hop) => [{ hop }, hop === status.heartbeat.source.broken?.hop ? 1 : 0]),
    )
  }

  #runways(): void {
    const shortest =
      'How long the connector can stay down before its offset is lost or the disk is full; +Inf: no limit.'
    this.#sampled('offbeat_runway_seconds', shortest, [], ({ status }) => secondsLeft(status?.runway, {}))
    const each = 'The same for each limit of the server, with what happens when it is reached; +Inf: no limit.'
    this.#sampled('offbeat_runway_clock_seconds', each, ['clock', 'ends'], ({ status }) =>
      (status?.runway.clocks ?? []).flatMap((clock) => secondsLeft(clock, { clock: clock.name, ends: clock.ends })),
    )
  }

  #positions(): void {
    const lag = 'Bytes of the log between the stored offset and its end, at the last inspection.'
    this.#sampled('offbeat_lag_bytes', lag, [], ({ status }) => known(status?.offset?.lagBytes))
    const lagSeconds = 'Time between the commits at the stored offset and at the end of the log, where it is known.'
    this.#sampled('offbeat_lag_seconds', lagSeconds, [], ({ status }) => {
      const lagMs = status?.offset?.lagMs ?? null
      return known(lagMs === null ? null : lagMs / 1000)
    })
    const held = 'Bytes of the log that the server retains for this source, at the last inspection.'
    this.#sampled('offbeat_held_bytes', held, [], ({ sample }) =>
      known(sample?.heldBytes == null ? null : Number(sample.heldBytes)),
    )
  }

  #times(clock: Clock): void {
    const age = 'Seconds since the stored offset last moved.'
    this.#sampled('offbeat_offset_age_seconds', age, [], ({ status }) => {
      const at = timestamp(status?.offset?.storedAt)
      return known(at === null ? null : Math.max(0, clock.nowMs() / 1000 - at))
    })
    const times: readonly [string, string, (status: SourceStatus) => string | null][] = [
      ['offbeat_last_change_timestamp_seconds', 'When a watched change was last stored.', (s) => s.lastChangeAt],
      [
        'offbeat_last_heartbeat_timestamp_seconds',
        'When a layer 1 heartbeat was last stored.',
        (s) => s.heartbeat.connector.at,
      ],
      [
        'offbeat_last_pulse_timestamp_seconds',
        'When a layer 2 pulse was last seen in the log.',
        (s) => s.heartbeat.source.seenAt,
      ],
    ]
    for (const [name, help, timeOf] of times) {
      this.#sampled(name, help, [], ({ status }) => known(status === null ? null : timestamp(timeOf(status))))
    }
  }

  #totals(): void {
    this.#total('offbeat_changes_total', 'Changes delivered and stored.', 'changes')
    this.#total(
      'offbeat_transactions_total',
      'Transactions with a watched change, delivered and stored.',
      'transactions',
    )
    this.#total('offbeat_heartbeats_total', 'Layer 1 heartbeats delivered and stored.', 'heartbeats')
  }

  /** Metrics that are counted here rather than by the connector. */
  #follow(): () => void {
    const registers = [this.#registry]
    const trip = new Histogram({
      name: 'offbeat_pulse_round_trip_seconds',
      help: 'From the write of a layer 2 heartbeat until it is seen in the log, for pulses that came back.',
      labelNames: ['source'],
      buckets: ROUND_TRIP_SECONDS,
      registers,
    })
    const failed = new Counter({
      name: 'offbeat_beat_failures_total',
      help: "Layer 2 heartbeats that could not be written, by the error's code.",
      labelNames: ['source', 'code'],
      registers,
    })
    const retries = new Counter({
      name: 'offbeat_retries_total',
      help: "How often the stream was retried, by the error's code.",
      labelNames: ['source', 'code'],
      registers,
    })
    for (const { name } of this.#board.views()) trip.zero({ source: name })
    return this.#board.listen((event) => {
      if (event.type === 'retry') retries.inc({ source: event.source, code: event.code })
      if (event.type !== 'pulse') return
      const { source, pulse } = event
      if (pulse.failedCode !== null) failed.inc({ source, code: pulse.failedCode })
      const tripMs = pulse.acknowledgedAtMs === null ? null : roundTripMs(pulse)
      if (tripMs !== null) trip.observe({ source }, tripMs / 1000)
    })
  }

  #total(name: string, help: string, count: keyof SourceStatus['counts']): void {
    const board = this.#board
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: ['source'],
      registers: [this.#registry],
      collect: () => {
        counter.reset()
        for (const view of board.views()) counter.inc({ source: view.name }, view.status?.counts[count] ?? 0)
      },
    })
  }

  #sampled(name: string, help: string, labels: readonly string[], samplesOf: (view: SourceView) => readonly Reading[]) {
    const board = this.#board
    const gauge = this.#gauge(name, help, ['source', ...labels], () => {
      gauge.reset()
      for (const view of board.views())
        for (const [more, value] of samplesOf(view)) gauge.set({ source: view.name, ...more }, value)
    })
  }

  #gauge(name: string, help: string, labelNames: string[], collect: () => void = () => undefined): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry], collect })
  }
}

type Reading = readonly [labels: Readonly<Record<string, string>>, value: number]

function known(value: number | null | undefined): readonly Reading[] {
  return value == null ? [] : [[{}, value]]
}

function secondsLeft(
  runway: Pick<RunwayClock, 'seconds' | 'kind'> | undefined,
  labels: Readonly<Record<string, string>>,
): readonly Reading[] {
  if (runway === undefined) return []
  if (runway.seconds !== null) return [[labels, runway.seconds]]
  return runway.kind === 'unbounded' ? [[labels, Number.POSITIVE_INFINITY]] : []
}

function timestamp(iso: string | null | undefined): number | null {
  return iso == null ? null : Date.parse(iso) / 1000
}

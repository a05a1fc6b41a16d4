import fc from 'fast-check'
import { storedOffset } from '../../src/model/offset.ts'
import type { HeartbeatConfig } from '../../src/sources/source-config.ts'
import { commitInterleaved, endOf, rowsUpTo } from './interleaved.ts'
import { SimulatedDatabase } from './simulated/database.ts'
import type { SimulatedLog } from './simulated/log.ts'
import { ORDERED, type SchedulePositions } from './simulated-positions.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { Delivered, SimulatedStore } from './simulated-store.ts'

/** An event in the simulated world. */
export type Happening =
  | { readonly what: 'transactions'; readonly sizes: readonly number[] }
  | { readonly what: 'large transaction' }
  | { readonly what: 'written elsewhere' }
  | { readonly what: "a job's beat" }
  | { readonly what: 'keepalive'; readonly inside: boolean; readonly urgent: boolean }
  | { readonly what: 'connection lost' }
  | { readonly what: 'streams refused'; readonly count: number }
  | { readonly what: 'beats fail'; readonly committed: boolean }
  | { readonly what: 'sink fails'; readonly when: 'before' | 'after' }
  | { readonly what: 'wall clock jumps'; readonly ms: number }
  | { readonly what: 'crash' }
  | { readonly what: 'stop' }

export interface Step {
  readonly happening: Happening | null
  /** Which of the possible actions continues, for each turn. */
  readonly picks: readonly number[]
}

export interface Schedule {
  /** The number of events in each chunk of the stream. The list is repeated. */
  readonly chunks: readonly number[]
  readonly steps: readonly Step[]
}

/** Four of these are larger than the connector's batch (1 MiB). */
const LARGE_PAYLOAD_BYTES = 270_000

const happenings = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('transactions' as const), sizes: sizes() }) },
  { weight: 1, arbitrary: fc.constant({ what: 'large transaction' } as const) },
  { weight: 1, arbitrary: fc.constant({ what: 'written elsewhere' } as const) },
  { weight: 1, arbitrary: fc.constant({ what: "a job's beat" } as const) },
  { weight: 6, arbitrary: keepalives() },
  { weight: 1, arbitrary: fc.constant({ what: 'connection lost' } as const) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('streams refused' as const), count: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('beats fail' as const), committed: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('sink fails' as const), when: fc.constantFrom('before', 'after') }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('wall clock jumps' as const), ms: fc.integer() }) },
  { weight: 3, arbitrary: fc.constant({ what: 'crash' } as const) },
  { weight: 2, arbitrary: fc.constant({ what: 'stop' } as const) },
)

function sizes() {
  return fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 3 })
}

function keepalives() {
  return fc.record({ what: fc.constant('keepalive' as const), inside: fc.boolean(), urgent: fc.boolean() })
}

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  chunks: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
  steps: fc.array(
    fc.record({ happening: fc.option(happenings), picks: fc.array(fc.nat({ max: 5 }), { maxLength: 14 }) }),
    { maxLength: 20, size: 'max' },
  ),
})

/** More turns than any schedule needs. A schedule that is not finished by then hangs. */
const PATIENCE_TURNS = 3_000

interface World {
  readonly positions?: SchedulePositions
  /** The number of the wait at which the process crashes. */
  readonly crashAt?: number
  readonly heartbeat?: Partial<HeartbeatConfig>
}

/** A world in which a schedule is run. The invariants are checked whenever nothing moves. */
export class Simulation {
  readonly database: SimulatedDatabase
  readonly store: SimulatedStore
  process: SimulatedProcess
  /** How many waits there were, and how many processes were started. */
  awaits = 0
  lives = 1
  readonly #chunks: readonly number[]
  readonly #crashAt: number
  readonly #positions: SchedulePositions
  readonly #heartbeat: Partial<HeartbeatConfig>
  #chunk = 0
  #lastOffset = 0

  constructor(store: SimulatedStore, chunks: readonly number[], world: World = {}) {
    const { positions = ORDERED, crashAt = Number.POSITIVE_INFINITY, heartbeat = {} } = world
    this.database = SimulatedDatabase.prepared(positions)
    this.#positions = positions
    this.#heartbeat = heartbeat
    this.store = store
    this.#chunks = chunks
    this.#crashAt = crashAt
    this.process = this.#newProcess()
  }

  get log(): SimulatedLog {
    return this.database.log
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const { happening, picks } of steps) {
      await this.settle()
      if (happening !== null) await this.#happen(happening)
      for (const pick of picks) await this.turn(pick)
    }
    await this.#untilAllIsDelivered()
    await this.stop()
  }

  /** One of the possible actions continues: the one at `pick`. */
  async turn(pick: number): Promise<void> {
    await this.settle()
    if (this.process.ended !== null) await this.restart()
    if (++this.awaits === this.#crashAt) {
      await this.restart()
      return
    }
    const { gates, clock } = this.process
    const choices = gates.ready.length + (clock.sleepers > 0 ? 1 : 0)
    if (choices === 0) return
    const chosen = pick % choices
    if (chosen < gates.ready.length) gates.open(chosen)
    else clock.wakeNext()
  }

  async settle(): Promise<void> {
    await this.process.settle()
    await this.#check()
  }

  /** The process crashes, whatever it was doing. The next one starts from the durable state. */
  async restart(): Promise<void> {
    this.#mustNotHaveFailed()
    const { log, store } = this
    // This is what an operator does about a slot that was created right before the crash.
    if (store.offset() === null && log.confirmed !== null) {
      const offset = log.offsetAt(log.confirmed, 'operator', this.process.clock.nowMs())
      await store.setOffset(storedOffset(offset, log.positions.codec))
    }
    this.lives++
    this.process = this.#newProcess()
  }

  /** Stops cleanly and checks that nothing is left. */
  async stop(): Promise<void> {
    await this.settle()
    if (this.process.ended !== null) await this.restart()
    this.process.stop()
    for (let turns = 0; this.process.ended === null; turns++) {
      if (turns > PATIENCE_TURNS) throw new Error(`the stop hangs at ${this.process.gates.waiting.join(', ')}`)
      await this.#goOn()
    }
    this.#mustNotHaveFailed()
    const { gates, clock, source, openLanes } = this.process
    const left = { ...source.open, lanes: openLanes, sleepers: clock.sleepers, gates: gates.waiting.length }
    for (const [what, count] of Object.entries(left)) {
      if (count !== 0 && !(what === 'gates' && onlyAcknowledgements(gates.waiting))) {
        throw new Error(`a clean stop left ${count} ${what}: ${gates.waiting.join(', ')}`)
      }
    }
  }

  #newProcess(): SimulatedProcess {
    const chunk = () => this.#chunks[this.#chunk++ % this.#chunks.length] ?? 1
    return new SimulatedProcess({ database: this.database, store: this.store, chunk, heartbeat: this.#heartbeat })
  }

  async #happen(happening: Happening): Promise<void> {
    const { log, process } = this
    const nowMs = process.clock.nowMs()
    switch (happening.what) {
      case 'transactions':
        commitInterleaved(log, happening.sizes, 1, nowMs)
        return
      case 'large transaction':
        commitInterleaved(log, [4, 1], LARGE_PAYLOAD_BYTES, nowMs)
        return
      case 'written elsewhere':
        log.writeElsewhere(nowMs)
        return
      case "a job's beat":
        log.beat(null, nowMs)
        return
      case 'keepalive':
        process.source.reader?.keepAlive(happening.inside, happening.urgent)
        return
      case 'connection lost':
        process.source.reader?.drop()
        return
      case 'streams refused':
        process.faults.refusedStreams = happening.count
        return
      case 'beats fail':
        process.faults.failingBeats = { count: 1, code: 'DATABASE_UNREACHABLE', committed: happening.committed }
        return
      case 'sink fails':
        process.sinkFault = happening.when
        return
      case 'wall clock jumps':
        process.clock.jump(happening.ms)
        return
      case 'crash':
        await this.restart()
        return
      case 'stop':
        await this.stop()
        await this.restart()
    }
  }

  /** Actions continue in order until `done` holds. */
  async goOnUntil(done: () => boolean | Promise<boolean>): Promise<void> {
    await this.settle()
    for (let turns = 0; !(await done()); turns++) {
      if (turns > PATIENCE_TURNS) throw new Error(`it never comes: ${this.#situation()}`)
      await this.#goOn()
    }
  }

  /** The first waiting action continues. Time passes only if there is none. */
  async #goOn(): Promise<void> {
    await this.settle()
    const { gates, clock, ended } = this.process
    if (ended !== null) return
    if (gates.ready.length > 0) gates.open(0)
    else if (!clock.wakeNext()) throw new Error(`nothing goes on any more; at ${gates.waiting.join(', ')}`)
    await this.settle()
  }

  async #untilAllIsDelivered(): Promise<void> {
    const end = endOf(this.log)
    for (let turns = 0; !this.#isDelivered(end); turns++) {
      if (turns > PATIENCE_TURNS) throw new Error(`never delivered up to ${end}: ${this.#situation()}`)
      if (this.process.ended !== null) await this.restart()
      await this.settle()
      await this.#goOn()
    }
  }

  #isDelivered(end: number): boolean {
    const { confirmed } = this.log
    return this.#stored() >= end && confirmed !== null && confirmed >= end
  }

  #stored(): number {
    const offset = this.store.offset()
    return offset === null ? 0 : this.log.positions.ordinalOf(offset)
  }

  async #check(): Promise<void> {
    const at = this.#stored()
    const { confirmed, createdAt } = this.log
    if (at < this.#lastOffset) throw new Error(`the offset went back from ${this.#lastOffset} to ${at}`)
    this.#lastOffset = at
    if (confirmed !== null && confirmed > Math.max(at, createdAt)) {
      throw new Error(`acknowledged ${confirmed} with ${at} stored`)
    }
    const visible = await this.store.visible()
    const wrong = wrongIn(visible, this.database.log, { at, positions: this.#positions, delivers: this.store.delivers })
    if (wrong !== null) throw new Error(`${wrong}: ${this.#situation()}`)
  }

  #mustNotHaveFailed(): void {
    const { ended } = this.process
    if (ended !== null && 'error' in ended && ended.error.code !== 'DATABASE_PERMISSION') throw ended.error
  }

  #situation(): string {
    const { log, process } = this
    const ends = log.transactions.map(({ endAt, rows }) => `${endAt}(${rows.map(({ id }) => id).join(' ')})`)
    const positions = `slot from ${log.createdAt}, stored ${this.#stored()}, confirmed ${log.confirmed}, head ${log.head}`
    return `${positions}; transactions ${ends.join(' ')}; waiting at ${process.gates.waiting.join(', ')}`
  }
}

function onlyAcknowledgements(names: readonly string[]): boolean {
  return names.every((name) => name === 'acknowledge')
}

interface Expectation {
  /** The position of the stored offset. */
  readonly at: number
  readonly positions: SchedulePositions
  readonly delivers: SimulatedStore['delivers']
}

/** Readers must see exactly the transactions up to the stored offset. If messages can be repeated, they must see at least those. */
function wrongIn(
  visible: readonly Delivered[],
  log: SimulatedLog,
  { at, positions, delivers }: Expectation,
): string | null {
  const rows = visible.flatMap((one) => ('row' in one ? [one.row] : []))
  const due = rowsUpTo(log, at)
  if (delivers === 'once') {
    if (rows.join() !== due.join())
      return `readers see rows ${rows.join()}, and up to the offset there are ${due.join()}`
  } else {
    const wrong = wrongAtLeastOnce(rows, due, rowsUpTo(log, Number.POSITIVE_INFINITY))
    if (wrong !== null) return wrong
  }
  return overtaking(visible, log, positions)
}

/** Each row must follow its predecessor in the log. A repetition can start earlier but must continue in order. */
function wrongAtLeastOnce(rows: readonly number[], due: readonly number[], all: readonly number[]): string | null {
  const indexes = new Map(all.map((row, index) => [row, index]))
  let reached = -1
  let last = -1
  for (const row of rows) {
    const index = indexes.get(row)
    if (index === undefined || index > last + 1) return `row ${row} came out of order in ${rows.join()}`
    last = index
    reached = Math.max(reached, index)
  }
  return reached + 1 < due.length ? `only ${rows.join()} came, and up to the offset there are ${due.join()}` : null
}

/** A heartbeat claims a position: everything before that position must have been delivered before the heartbeat. */
function overtaking(visible: readonly Delivered[], log: SimulatedLog, positions: SchedulePositions): string | null {
  const seen = new Set<number>()
  for (const one of visible) {
    if ('row' in one) {
      seen.add(one.row)
      continue
    }
    const missing = rowsUpTo(log, positions.coveredBy(one.heartbeatAt)).find((row) => !seen.has(row))
    if (missing !== undefined) return `a heartbeat at ${one.heartbeatAt} overtook row ${missing}`
  }
  return null
}

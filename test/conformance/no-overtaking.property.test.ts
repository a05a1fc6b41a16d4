import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Store } from '../../src/sqlite/store.ts'
import { rounds } from '../support/environment.ts'
import { ORDERED, PARTIAL, type SchedulePositions } from '../support/simulated-positions.ts'
import { type Schedule, Simulation, type Step, schedules } from '../support/simulated-schedule.ts'
import { memoryStore, pairedStore, type SimulatedStore, sqliteStore } from '../support/simulated-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const silent = () => undefined
const quiet = { debug: silent, info: silent, warn: silent, error: silent, child: () => quiet }

/** This tests what survives a crash of the process, not of the operating system, so a disk in memory is enough. */
function memoryOrTemporary(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

let store: Store
let count = 0
const directory = mkdtempSync(join(memoryOrTemporary(), 'offbeat-no-overtaking-'))

beforeAll(async () => {
  store = await Store.open({
    path: join(directory, 'store.db'),
    command: 'test',
    retain: { ageMs: null, messages: null },
    maxBytes: null,
    clock: new VirtualClock(),
    log: quiet,
  })
})

afterAll(async () => {
  await store[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

/** One open store for all schedules, with a separate source for each. */
interface LaneCase {
  readonly name: string
  readonly schedules: number
  readonly make: () => SimulatedStore
  readonly positions?: SchedulePositions
}

const LANES: readonly LaneCase[] = [
  { name: 'a lane in memory', schedules: rounds({ usual: 100, all: 400, soak: 10_000 }), make: memoryStore },
  {
    name: 'SQLite',
    schedules: rounds({ usual: 30, all: 100, soak: 10_000 }),
    make: () => sqliteStore(store, `s${++count}`),
  },
  {
    name: 'an outlet paired with SQLite',
    schedules: rounds({ usual: 30, all: 100, soak: 10_000 }),
    make: () => pairedStore(store, `s${++count}`),
  },
  {
    name: 'a lane in memory, and positions that are partly ordered, with ties',
    schedules: rounds({ usual: 100, all: 400, soak: 10_000 }),
    make: memoryStore,
    positions: PARTIAL,
  },
  {
    name: 'SQLite, and positions that are partly ordered, with ties',
    schedules: rounds({ usual: 30, all: 50, soak: 10_000 }),
    make: () => sqliteStore(store, `s${++count}`),
    positions: PARTIAL,
  },
]

const FEW: Step['picks'] = [0, 1, 2, 0, 3, 1, 0, 0]

/** Schedules that together contain everything that can happen to a process without ending it. */
const WHOLE: readonly (Schedule & { readonly title: string })[] = [
  {
    title: 'a busy life',
    chunks: [1, 4, 2],
    steps: [
      { happening: null, picks: [...FEW, ...FEW] },
      { happening: { what: 'transactions', sizes: [2, 0, 3] }, picks: FEW },
      { happening: { what: 'keepalive', inside: true, urgent: false }, picks: FEW },
      { happening: { what: 'transactions', sizes: [1] }, picks: FEW },
      { happening: { what: 'keepalive', inside: true, urgent: true }, picks: FEW },
      { happening: { what: 'connection lost' }, picks: [...FEW, ...FEW] },
      { happening: { what: 'sink fails', when: 'after' }, picks: FEW },
      { happening: { what: 'transactions', sizes: [4, 4] }, picks: FEW },
    ],
  },
  {
    title: 'a transaction larger than a batch',
    chunks: [1],
    steps: [
      { happening: null, picks: FEW },
      { happening: { what: 'large transaction' }, picks: [...FEW, ...FEW, ...FEW] },
    ],
  },
]

describe.each(LANES)('promise 2: an offset never covers a change that has not been delivered, with $name', (lane) => {
  const { positions = ORDERED } = lane

  test('whatever the schedule', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        await new Simulation(lane.make(), schedule.chunks, { positions }).run(schedule.steps)
      }),
      { numRuns: lane.schedules },
    )
  })

  test.each(WHOLE)('with a crash at every single await of $title', async ({ chunks, steps }) => {
    const whole = new Simulation(lane.make(), chunks, { positions })
    await whole.run(steps)
    expect(whole.lives).toBe(1)
    for (let at = 1; at <= whole.awaits; at++) {
      const simulation = new Simulation(lane.make(), chunks, { positions, crashAt: at })
      await simulation.run(steps)
      expect(simulation.lives).toBe(2)
    }
  })
})

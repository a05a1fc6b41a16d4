import { describe, expect, test } from 'vitest'
import { thorough } from '../../test/support/environment.ts'
import { HealthScenario } from '../../test/support/health-scenario.ts'
import type { Blocker } from '../model/log-state.ts'

const MB = 1_000_000
const GB = 1000 * MB

/** After so many hours more: the verdict, the runway in hours, its kind. */
type Row = readonly [hours: number, verdict: string, runwayHours: number | null, kind: string]

async function follow(scenario: HealthScenario, rows: readonly Row[]): Promise<void> {
  const found: Row[] = []
  for (const [hours] of rows) {
    await scenario.pass(hours)
    const { verdict, hours: left, kind } = scenario.now
    found.push([hours, verdict, left, kind])
  }
  expect(found).toEqual(rows)
}

function longTransaction(scenario: HealthScenario): Blocker {
  const sinceMs = scenario.clock.nowMs()
  return {
    kind: 'transaction',
    name: 'process 7',
    sinceMs,
    holds: 'log',
    heldBytes: null,
    details: { user: 'app' },
    fix: [],
  }
}

describe('over days, by a simulated clock', () => {
  test('idle days beside a busy database: idle all the time, and the runway gets surer', async () => {
    const scenario = new HealthScenario()
    scenario.keepBytes = 10 * GB
    scenario.writes = () => MB
    scenario.start()
    await follow(scenario, [
      [1 / 120, 'idle', null, 'unknown'],
      [1, 'idle', 166.7, 'estimate'],
      [11, 'idle', 166.7, 'estimate'],
      [12, 'idle', 166.7, 'at least'],
      [24, 'idle', 166.7, 'at least'],
      // Longer than what is kept of its history.
      ...(thorough ? [[6 * 24, 'idle', 166.7, 'at least'] as const] : []),
    ])
    expect(scenario.changes.map(({ to }) => to)).toEqual(['idle'])
    expect(scenario.now.because).toContain('in the worst hour of the last day')
    await scenario.stop()
  })

  test("a weekend's pause: planned, made, and gone on from", async () => {
    const scenario = new HealthScenario()
    scenario.keepBytes = 10 * GB
    scenario.writes = () => 2 * MB
    scenario.start()
    await scenario.pass(1 / 2)
    expect(scenario.plan(60)).toMatchObject({ answer: 'unknown', decidedBy: 'keep' })
    await scenario.pass(26)
    const yes = scenario.plan(60)
    expect(yes).toMatchObject({ answer: 'yes', decidedBy: 'keep', writtenBytes: 7.2 * GB, raise: [] })
    expect(Math.round((yes.marginSeconds ?? 0) / 360) / 10).toBe(23.3)
    const no = scenario.plan(90)
    expect(no).toMatchObject({ answer: 'no', decidedBy: 'keep' })
    expect(Math.round((no.marginSeconds ?? 0) / 360) / 10).toBe(-6.7)
    expect(no.raise).toEqual([{ name: 'keep', unit: 'bytes', keeps: expect.closeTo(16.2 * GB, -8) }])
    await scenario.stop()
    await follow(scenario, [
      [1 / 60, 'stopped', 83.3, 'at least'],
      [1, 'stopped', 82.3, 'at least'],
      [58.5, 'at risk', 23.8, 'at least'],
      [8, 'at risk', 15.8, 'at least'],
    ])
    scenario.start()
    await follow(scenario, [[1 / 20, 'idle', 83.3, 'at least']])
    await scenario.stop()
  })

  test('a nightly load: unknown to the first evening, and counted from the first night on', async () => {
    const scenario = new HealthScenario()
    scenario.keepBytes = 100 * GB
    scenario.writes = (hour) => (hour === 2 || hour === 3 ? 50 * MB : MB)
    scenario.start()
    await follow(scenario, [
      [12, 'idle', 1666.7, 'estimate'], // 20:00
      [6.5, 'idle', 33.3, 'estimate'], // 02:30: the recent rate
      [9.5, 'idle', 33.3, 'at least'], // 12:00: the worst hour
    ])
    expect(scenario.now.because).toMatch(/57\.2 MB an hour .*in the worst hour .*T0[23]:.*2\.8 GB/u)
    scenario.writes = () => MB
    await follow(scenario, [
      [14, 'idle', 33.3, 'at least'],
      [4, 'idle', 1666.7, 'at least'],
    ])
    await scenario.stop()
  })

  test('a long transaction: the runway shrinks though the offset moves, and who it is and what it holds is said', async () => {
    const scenario = new HealthScenario()
    scenario.keepBytes = 50 * GB
    scenario.writes = () => 20 * MB
    scenario.start()
    await follow(scenario, [[4, 'idle', 41.7, 'estimate']])
    scenario.blocker = longTransaction(scenario)
    await follow(scenario, [[10, 'idle', 31.7, 'estimate']])
    expect(scenario.now.because).toContain('transaction process 7 of app retains at most 11.2 GB of the log since 10 h')
    await follow(scenario, [
      [7, 'idle', 24.7, 'at least'],
      [1, 'at risk', 23.7, 'at least'],
    ])
    scenario.blocker = null
    await follow(scenario, [[1 / 30, 'idle', 41.7, 'at least']])
    await scenario.stop()
  })

  test('a long transaction where no clock is known is a risk at once', async () => {
    const scenario = new HealthScenario()
    scenario.writes = () => MB
    scenario.start()
    await follow(scenario, [[2, 'idle', null, 'unbounded']])
    scenario.blocker = longTransaction(scenario)
    await follow(scenario, [[1 / 60, 'at risk', null, 'unbounded']])
    expect(scenario.now.why).toContain('transaction process 7 retains the log')
    await scenario.stop()
  })

  test.each([
    ['far ahead', 9e15],
    ['far behind', 1_000_000],
  ])(
    'a failover to a server whose log is %s: no absurd rate, and the load of the day is remembered',
    async (_, written) => {
      const scenario = new HealthScenario()
      scenario.keepBytes = 10 * GB
      scenario.writes = () => MB
      scenario.start()
      await follow(scenario, [[24, 'idle', 166.7, 'at least']])
      scenario.failOver(written, { system: 's', run: 'promoted' })
      const seen = new Set<number | null>()
      await scenario.pass(2, () => seen.add(scenario.now.hours))
      expect([...seen]).toEqual([166.7])
      scenario.failOver(written, { system: 'another', run: 'x' })
      scenario.writes = () => 2 * MB
      seen.clear()
      await scenario.pass(2, () => seen.add(scenario.now.hours))
      expect([...seen]).toEqual([null, 83.3])
      await scenario.stop()
    },
  )

  test('a restart of the server: blind after three intervals without a word, and well again when it is back', async () => {
    const scenario = new HealthScenario()
    scenario.keepBytes = 10 * GB
    scenario.writes = () => MB
    scenario.start()
    await follow(scenario, [[2, 'idle', 166.7, 'estimate']])
    scenario.reachable = false
    await follow(scenario, [
      [2.5 / 60, 'idle', 166.7, 'estimate'],
      [1.5 / 60, 'blind', null, 'unknown'],
      [10 / 60, 'blind', null, 'unknown'],
    ])
    scenario.reachable = true
    scenario.server = { system: 's', run: 'second' }
    await follow(scenario, [[2 / 60, 'idle', 166.7, 'estimate']])
    await scenario.stop()
  })
})

test.each([5, -5])('a wall clock that jumps by %d h changes no verdict', async (hours) => {
  const scenario = new HealthScenario()
  scenario.changing = true
  scenario.start()
  await scenario.pass(1)
  scenario.clock.jump(hours * 3_600_000)
  const verdicts = new Set<string>()
  await scenario.pass(1, () => verdicts.add(scenario.now.verdict))
  expect([...verdicts]).toEqual(['flowing'])
  scenario.reachable = false
  await scenario.pass(2.5 / 60)
  expect(scenario.now.verdict).not.toBe('blind')
  await scenario.pass(1.5 / 60)
  expect(scenario.now.verdict).toBe('blind')
  await scenario.stop()
})

test('promise 9: a position that is lost while all else goes on is reported within a minute', async () => {
  const scenario = new HealthScenario()
  scenario.start()
  await scenario.pass(1)
  scenario.lost = true
  await scenario.pass(1 / 60)
  expect(scenario.now).toMatchObject({ verdict: 'lost', why: expect.stringContaining('POSTGRES_SLOT_INVALIDATED') })
  await scenario.stop()
})

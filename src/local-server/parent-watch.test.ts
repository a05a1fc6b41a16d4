import { expect, test } from 'vitest'
import { letPass } from '../../test/support/wait-for.ts'
import type { Clock } from '../model/clock.ts'
import { parentGone, parentOfProcess } from './parent-watch.ts'

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await letPass(ms / 100, signal)
  },
}

test('notices another parent of our own', async () => {
  let parent = 10
  const gone = parentGone({ clock, parentOf: () => parent, pid: 20, byNpm: false }, new AbortController().signal)
  parent = 1
  expect(await gone).toBe('gone')
})

test('under npm, notices that the shell between us has another parent', async () => {
  const parents = new Map([
    [20, 15],
    [15, 10],
  ])
  const parentOf = (pid: number) => parents.get(pid) ?? null
  const gone = parentGone({ clock, parentOf, pid: 20, byNpm: true }, new AbortController().signal)
  parents.set(15, 1)
  expect(await gone).toBe('gone')
})

test('ends when its signal aborts', async () => {
  const stop = new AbortController()
  const gone = parentGone({ clock, parentOf: () => 10, pid: 20, byNpm: false }, stop.signal)
  stop.abort()
  expect(await gone).toBe('stopped')
})

test('knows the parents of real processes', () => {
  expect(parentOfProcess(process.pid)).toBe(process.ppid)
  if (process.platform === 'linux') expect(parentOfProcess(process.ppid)).toBeGreaterThanOrEqual(0)
  expect(parentOfProcess(2 ** 30)).toBeNull()
})

import { expect, test } from 'vitest'
import { BatchSize } from './batch-size.ts'

const QUICK = { tookMs: 10, bytes: 1000 }
const SLOW = { tookMs: 60_000, bytes: 1000 }

test('it begins with one event, and grows while full answers are quick, up to a limit', () => {
  const size = new BatchSize()
  expect(size.value).toBe(1)
  const values = Array.from({ length: 10 }, () => {
    size.answered({ events: size.value, ...QUICK })
    return size.value
  })
  expect(values).toEqual([4, 16, 64, 256, 1024, 4096, 16_384, 16_384, 16_384, 16_384])
})

test('an answer that is not full, or not quick, does not make it larger, and a slow one makes it smaller', () => {
  const size = new BatchSize()
  for (let i = 0; i < 3; i++) size.answered({ events: size.value, ...QUICK })
  size.answered({ events: 63, ...QUICK })
  size.answered({ events: 64, bytes: 1000, tookMs: 2000 })
  // Nobody wrote anything for this long.
  size.answered({ events: 0, ...SLOW })
  expect(size.value).toBe(64)
  size.answered({ events: 64, ...SLOW })
  expect(size.value).toBe(32)
})

test('after a timeout it is halved, and at one event it says that it cannot be smaller', () => {
  const size = new BatchSize()
  size.answered({ events: 1, ...QUICK })
  expect([size.timedOut(), size.value, size.timedOut(), size.value, size.timedOut()]).toEqual([true, 2, true, 1, false])
})

test('events that are large are asked for few at once', () => {
  const size = new BatchSize()
  const bytes = 2 * 1024 ** 2
  for (let i = 0; i < 10; i++) size.answered({ ...QUICK, events: size.value, bytes: size.value * bytes })
  expect(size.value).toBe(4)
})

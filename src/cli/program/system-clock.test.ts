import { expect, test } from 'vitest'
import { systemClock } from './system-clock.ts'

test('sleeping takes the time asked for', async () => {
  const startMs = systemClock.monotonicMs()
  await systemClock.sleep(30, new AbortController().signal)
  expect(systemClock.monotonicMs() - startMs).toBeGreaterThanOrEqual(29)
})

test('an aborted sleep rejects with the reason of the signal, at once', async () => {
  const controller = new AbortController()
  const sleeping = systemClock.sleep(3_000_000_000, controller.signal)
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(sleeping).rejects.toBe(reason)
  await expect(systemClock.sleep(1, controller.signal)).rejects.toBe(reason)
})

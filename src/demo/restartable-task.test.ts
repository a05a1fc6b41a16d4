import { once } from 'node:events'
import { expect, test } from 'vitest'
import { RestartableTask } from './restartable-task.ts'

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

test('the work ends at a stop, runs again after the start, and ends with the signal', async () => {
  const over = new AbortController()
  const log: string[] = []
  const again = Promise.withResolvers<void>()
  const task = new RestartableTask(async (signal) => {
    log.push('begins')
    if (log.length > 1) again.resolve()
    await untilAborted(signal)
    log.push('ends')
  })
  const running = task.run(over.signal)
  await task.stop()
  expect(log).toEqual(['begins', 'ends'])
  expect(task.isStopped).toBe(true)
  task.start()
  expect(task.isStopped).toBe(false)
  await again.promise
  over.abort()
  await running
  expect(log).toEqual(['begins', 'ends', 'begins', 'ends'])
})

test('the signal ends a task that is stopped', async () => {
  const over = new AbortController()
  const task = new RestartableTask(untilAborted)
  const running = task.run(over.signal)
  await task.stop()
  over.abort()
  await running
})

test('work that ended by itself is not run again', async () => {
  let runs = 0
  const task = new RestartableTask(async () => {
    runs++
  })
  await task.run(new AbortController().signal)
  await task.stop()
  task.start()
  expect(runs).toBe(1)
})

test('work that fails makes the task fail, and does not block a stop', async () => {
  const task = new RestartableTask(() => Promise.reject(new Error('broken')))
  const running = task.run(new AbortController().signal)
  await expect(running).rejects.toThrow('broken')
  await task.stop()
})

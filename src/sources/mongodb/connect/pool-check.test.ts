import timers from 'node:timers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { connectMongodb } from './connection.ts'
import { POOL_CHECK_MS } from './pool-check.ts'

/** The driver's own interval. */
const DRIVER_CHECK_MS = 100

test("the driver does not check an idle connection's pool ten times a second", async () => {
  await using fake = await fakeMongodb()
  // The driver takes its timers from this module.
  const started = vi.spyOn(timers, 'setTimeout')
  onTestFinished(() => started.mockRestore())
  await using connection = await connectMongodb(fakeConfig(fake), {
    source: 'shop',
    signal: new AbortController().signal,
  })
  await connection.command('admin', { ping: 1 })
  const delays = started.mock.calls.map(([, delayMs]) => delayMs)
  expect(delays).toContain(POOL_CHECK_MS)
  expect(delays).not.toContain(DRIVER_CHECK_MS)
})

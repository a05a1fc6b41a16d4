import { expect, it } from 'vitest'
import { RecordedLog } from '../../test/support/recorded-log.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { OffbeatError } from '../model/error.ts'
import type { Probe } from '../sources/source.ts'
import { INSPECTION_TIMEOUT_MS, Inspector } from './inspector.ts'
import { ProbeHolder } from './probe-holder.ts'
import { PulseTracker } from './pulse-tracker.ts'

/** A server that does not answer, as the source's session reports it when it is broken off. */
const unanswered: Probe = {
  inspect: (_, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () =>
        reject(new OffbeatError('DATABASE_CONNECTION_LOST', { message: 'the connection broke' })),
      )
    }),
  async [Symbol.asyncDispose]() {
    // Nothing is open.
  },
}

it('an inspection without an answer is reported as one that took too long, not as a broken connection', async () => {
  const clock = new VirtualClock()
  const log = new RecordedLog()
  await using probe = new ProbeHolder(async () => unanswered)
  const tracker = new PulseTracker({
    source: 'shop',
    intervalMs: 60_000,
    clock,
    onPulse: () => undefined,
    hasPassed: () => false,
    unseenFix: [],
    rowWord: 'row',
  })
  const inspector = new Inspector({ log, clock, probe, tracker, offset: () => null, inspected: () => undefined })
  const inspected = inspector.inspect(new AbortController().signal)
  await probe.get()
  clock.advance(INSPECTION_TIMEOUT_MS)
  expect(await inspected).toBeNull()
  expect(inspector.retrying).toMatchObject({ code: 'INSPECTION_TIMED_OUT' })
  expect(log.lines.map(({ message }) => message)).toEqual(['cannot inspect the database: it took longer than 10 s'])
})

import { describe, expect, test } from 'vitest'
import { positionAt } from '../../test/support/simulated/position.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { forPerson, inDatabase, query } from '../model/fix.ts'
import { makeNonce } from '../model/nonce.ts'
import type { Pulse } from '../model/pulse.ts'
import { PulseTracker } from './pulse-tracker.ts'

const INTERVAL_MS = 60_000
const START_MS = Date.UTC(2026, 0, 1)

const UNSEEN = [inDatabase('ALTER PUBLICATION p ADD TABLE h', 'a superuser')]

function setUp(about: { readonly byJob?: boolean; readonly hasPassed?: () => boolean } = {}) {
  const clock = new VirtualClock(START_MS)
  const reported = new Map<string, Pulse>()
  const onPulse = (pulse: Pulse) => void reported.set(pulse.nonce, pulse)
  const options = {
    source: 'shop',
    intervalMs: INTERVAL_MS,
    clock,
    onPulse,
    hasPassed: () => false,
    unseenFix: UNSEEN,
    rowWord: 'row',
    ...about,
  }
  return { clock, reported, tracker: new PulseTracker(options) }
}

const nonce = (id: string) => makeNonce('shop', id)

describe('a pulse followed hop by hop', () => {
  test('each hop has its time, and the last one ends the following', () => {
    const { clock, reported, tracker } = setUp()
    tracker.writing(nonce('a'))
    clock.advance(10)
    tracker.written(nonce('a'), null)
    clock.advance(10)
    tracker.seen(nonce('a'), START_MS + 5)
    const seenCount = tracker.seenCount
    clock.advance(10)
    tracker.delivered(seenCount)
    clock.advance(10)
    tracker.stored(seenCount)
    clock.advance(10)
    tracker.acknowledged(seenCount)
    expect(reported.get(nonce('a'))).toEqual({
      nonce: nonce('a'),
      writtenAtMs: START_MS,
      seenAtMs: START_MS + 20,
      deliveredAtMs: START_MS + 30,
      storedAtMs: START_MS + 40,
      acknowledgedAtMs: START_MS + 50,
      committedAtMs: START_MS + 5,
      failedCode: null,
    })
    clock.advance(INTERVAL_MS * 100)
    expect(tracker.broken()).toBeNull()
  })

  test.each(['written', 'failed'] as const)(
    'the answer %s of the database after the last hop changes nothing',
    (answer) => {
      const { clock, reported, tracker } = setUp()
      tracker.writing(nonce('a'))
      tracker.seen(nonce('a'), null)
      tracker.stored(1)
      tracker.acknowledged(1)
      const complete = reported.get(nonce('a'))
      if (answer === 'written') tracker.written(nonce('a'), null)
      else tracker.failed(nonce('a'), 'DATABASE_CONNECTION_LOST')
      expect(reported.get(nonce('a'))).toBe(complete)
      clock.advance(INTERVAL_MS * 100)
      expect(tracker.broken()).toBeNull()
    },
  )

  test('the latest is the newest that was written, however the answers come', () => {
    const { clock, tracker } = setUp()
    for (const id of ['a', 'b', 'c']) {
      tracker.writing(nonce(id))
      clock.advance(10)
    }
    expect(tracker.latest()).toBeNull()
    tracker.written(nonce('b'), null)
    tracker.written(nonce('a'), null)
    tracker.failed(nonce('c'), 'DATABASE_UNREACHABLE')
    expect(tracker.latest()?.nonce).toBe(nonce('b'))
  })

  test('the log may show it before the database answers', () => {
    const { clock, reported, tracker } = setUp()
    tracker.writing(nonce('a'))
    clock.advance(10)
    tracker.seen(nonce('a'), null)
    clock.advance(10)
    tracker.written(nonce('a'), null)
    expect(reported.get(nonce('a'))).toMatchObject({ writtenAtMs: START_MS, seenAtMs: START_MS + 10 })
  })

  test('several are in flight, and an offset covers only those seen before it', () => {
    const { reported, tracker } = setUp()
    for (const id of ['a', 'b', 'c']) tracker.writing(nonce(id))
    tracker.seen(nonce('a'), null)
    tracker.seen(nonce('b'), null)
    const seenCount = tracker.seenCount
    tracker.seen(nonce('c'), null)
    tracker.stored(seenCount)
    const stored = [...reported.values()].filter((pulse) => pulse.storedAtMs !== null)
    expect(stored.map((pulse) => pulse.nonce)).toEqual([nonce('a'), nonce('b')])
  })

  test('a wall clock that jumps back bends no round trip', () => {
    const { clock, reported, tracker } = setUp()
    tracker.writing(nonce('a'))
    clock.advance(10)
    clock.jump(-3_600_000)
    tracker.seen(nonce('a'), null)
    tracker.stored(tracker.seenCount)
    expect(reported.get(nonce('a'))).toMatchObject({
      writtenAtMs: START_MS,
      seenAtMs: START_MS + 10,
      storedAtMs: START_MS + 10,
    })
    expect(tracker.sinceCameBackMs()).toBe(0)
  })

  test('a pulse that another process wrote with our name is taken in, its writing unknown, and proves nothing of ours', () => {
    const { reported, tracker } = setUp()
    tracker.seen(nonce('by-hand'), START_MS)
    expect(reported.get(nonce('by-hand'))).toMatchObject({
      writtenAtMs: null,
      seenAtMs: START_MS,
      committedAtMs: START_MS,
    })
    expect(tracker.lastSeen()).toBeNull()
  })

  test("a job's pulse is reported, once over a resend of its transaction, and proves nothing of our writes", () => {
    const { clock, reported, tracker } = setUp()
    clock.advance(INTERVAL_MS)
    tracker.seen(null, START_MS)
    tracker.streamRestarted()
    tracker.seen(null, START_MS)
    expect([...reported.keys()]).toEqual([`job:${START_MS}`])
    expect(tracker.sinceCameBackMs()).toBe(INTERVAL_MS)
  })

  test("another source's nonce is a stranger's pulse", () => {
    const { reported, tracker } = setUp()
    tracker.seen(makeNonce('other', 'a'), START_MS)
    expect([...reported.keys()]).toEqual([`job:${START_MS}`])
  })

  test('what was seen and not stored waits for the new stream to show it again', () => {
    const { reported, tracker } = setUp()
    tracker.writing(nonce('a'))
    tracker.seen(nonce('a'), null)
    tracker.streamRestarted()
    tracker.stored(tracker.seenCount)
    expect(reported.get(nonce('a'))?.storedAtMs).toBeNull()
    tracker.seen(nonce('a'), null)
    tracker.stored(tracker.seenCount)
    expect(reported.get(nonce('a'))?.storedAtMs).toBe(START_MS)
  })
})

describe('promise 8: a beat must come back', () => {
  test('written and not seen for three intervals is a fault that names the hop and the fix', () => {
    const { clock, tracker } = setUp()
    tracker.writing(nonce('a'))
    tracker.written(nonce('a'), null)
    clock.advance(3 * INTERVAL_MS)
    expect(tracker.broken()).toBeNull()
    clock.advance(1)
    expect(tracker.broken()).toEqual({
      hop: 'seen',
      code: 'PULSE_NOT_SEEN',
      found: 'a heartbeat was written and has not appeared in the stream; it was sent 180 s ago',
      fix: UNSEEN,
    })
  })

  test.each([
    [true, 'the stored offset is past it, so the stream does not include the heartbeat'],
    [false, 'the stored offset has not reached it, so the stream is behind'],
  ])(
    'whether the offset has passed it (%s) tells a stream that does not include it from one that is behind',
    (passed, why) => {
      const { clock, tracker } = setUp({ hasPassed: () => passed })
      tracker.writing(nonce('a'))
      tracker.written(nonce('a'), positionAt(7))
      clock.advance(4 * INTERVAL_MS)
      expect(tracker.broken()).toMatchObject({ code: 'PULSE_NOT_SEEN', found: expect.stringContaining(why) })
    },
  )

  test("a job's pulse does not hide that our own never comes; the next of ours that comes does", () => {
    const { clock, tracker } = setUp()
    tracker.writing(nonce('a'))
    tracker.written(nonce('a'), null)
    clock.advance(4 * INTERVAL_MS)
    tracker.seen(null, null)
    expect(tracker.broken()?.hop).toBe('seen')
    tracker.writing(nonce('b'))
    tracker.seen(nonce('b'), null)
    expect(tracker.broken()).toBeNull()
  })

  test('a failed write is named at once with its code and cure, until one is written', () => {
    const { clock, tracker } = setUp()
    tracker.writing(nonce('a'))
    clock.advance(2_000)
    tracker.failed(nonce('a'), 'DATABASE_UNREACHABLE')
    expect(tracker.broken()).toMatchObject({ hop: 'written', code: 'DATABASE_UNREACHABLE' })
    expect(tracker.broken()?.found).toBe('the last heartbeat, sent 2 s ago, failed with DATABASE_UNREACHABLE')
    expect(tracker.broken()?.fix).toEqual([forPerson(expect.stringContaining('network'))])
    tracker.writing(nonce('b'))
    tracker.written(nonce('b'), null)
    expect(tracker.broken()).toBeNull()
  })

  test('a write whose answer was lost and that the log shows had not failed', () => {
    const { reported, tracker } = setUp()
    tracker.writing(nonce('a'))
    tracker.failed(nonce('a'), 'DATABASE_UNREACHABLE')
    tracker.seen(nonce('a'), null)
    expect(tracker.broken()).toBeNull()
    expect(reported.get(nonce('a'))).toMatchObject({ failedCode: null, writtenAtMs: START_MS })
  })

  test('an answer that never comes is the hop written', () => {
    const { clock, tracker } = setUp()
    tracker.writing(nonce('a'))
    clock.advance(3 * INTERVAL_MS + 1)
    expect(tracker.broken()).toMatchObject({ hop: 'written', code: 'PULSE_NOT_WRITTEN' })
  })

  test.each([
    ['delivered', 'PULSE_NOT_STORED', () => undefined],
    ['stored', 'PULSE_NOT_STORED', (tracker: PulseTracker) => tracker.delivered(tracker.seenCount)],
    ['acknowledged', 'PULSE_NOT_ACKNOWLEDGED', (tracker: PulseTracker) => tracker.stored(tracker.seenCount)],
  ] as const)('seen and not %s is a fault of that hop', (hop, code, goOn) => {
    const { clock, tracker } = setUp()
    tracker.writing(nonce('a'))
    tracker.seen(nonce('a'), null)
    goOn(tracker)
    clock.advance(3 * INTERVAL_MS + 1)
    expect(tracker.broken()).toMatchObject({ hop, code })
  })
})

test('memory stays bounded though nothing ever comes back', () => {
  const { clock, reported, tracker } = setUp()
  for (let i = 0; i < 3_000; i++) {
    tracker.writing(nonce(String(i)))
    tracker.written(nonce(String(i)), null)
    clock.advance(1_000)
  }
  for (let i = 2_999; i >= 0; i--) tracker.seen(nonce(String(i)), null)
  const known = [...reported.values()].filter((pulse) => pulse.writtenAtMs !== null && pulse.seenAtMs !== null)
  expect(known).toHaveLength(1_024)
})

describe('pulses of a job', () => {
  test('promise 8: a job that is silent for three intervals is a fault that says what is known', () => {
    const { clock, reported, tracker } = setUp({ byJob: true })
    clock.advance(INTERVAL_MS)
    tracker.seen(null, clock.nowMs() - 40)
    const seenCount = tracker.seenCount
    tracker.stored(seenCount)
    tracker.acknowledged(seenCount)
    expect(tracker.lastSeen()).toMatchObject({ writtenAtMs: null, committedAtMs: clock.nowMs() - 40 })
    expect([...reported.keys()]).toEqual([`job:${clock.nowMs() - 40}`])
    clock.advance(3 * INTERVAL_MS)
    expect(tracker.broken()).toBeNull()
    clock.advance(1000)
    expect(tracker.broken()).toEqual({
      hop: 'seen',
      code: 'PULSE_JOB_SILENT',
      found: 'no change of the heartbeat row by the job was seen for 181 s',
      fix: UNSEEN,
    })
    tracker.silentBecause({ found: 'the row does not change', fix: [query('SELECT 1', 'a superuser')] })
    expect(tracker.broken()).toMatchObject({
      found: expect.stringContaining('; the row does not change'),
      fix: [query('SELECT 1', 'a superuser')],
    })
    tracker.seen(null, clock.nowMs())
    expect(tracker.broken()).toBeNull()
  })

  test('that is no fault where the beats are our own', () => {
    const { clock, tracker } = setUp()
    clock.advance(10 * INTERVAL_MS)
    expect(tracker.broken()).toBeNull()
  })
})

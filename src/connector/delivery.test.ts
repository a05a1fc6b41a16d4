import { expect, test } from 'vitest'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { Batch } from '../model/message.ts'
import type { Offset } from '../model/offset.ts'
import type { Position } from '../model/position.ts'
import type { Lane } from '../sinks/sink.ts'
import { Delivery } from './delivery.ts'

function offset(at: number, by: 'commit' | 'progress'): Offset {
  return { position: String(at) as Position, server: null, memory: {}, moved: { by, why: `${by} ${at}`, atMs: at } }
}

const ORDERS = ['before', 'same', 'after'] as const

/** A lane that keeps what it is given. */
class KeepingLane implements Lane {
  readonly offset = offset(1, 'commit')
  readonly batches: Batch[] = []

  write(batch: Batch): Promise<void> {
    this.batches.push(batch)
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

function setUp(): { delivery: Delivery; lane: KeepingLane } {
  const delivery = new Delivery({
    source: { name: 'shop', connector: 'test', version: '0', placeFields: [] },
    positions: {
      parse: (text) => text as Position,
      compare: (a, b) => ORDERS[Math.sign(Number(a) - Number(b)) + 1] ?? 'unordered',
    },
    clock: new VirtualClock(),
    listener: { stored: () => undefined, failed: () => undefined, notice: () => undefined, pulse: () => 1 },
    heartbeatFacts: () => ({ verdict: null, lastChangeAtMs: null }),
  })
  const lane = new KeepingLane()
  delivery.open(lane, new AbortController().signal)
  return { delivery, lane }
}

const promoted: LogEvent = {
  type: 'notice',
  code: 'POSTGRES_PROMOTED',
  details: {},
  ledger: 'same system, before the switch',
}

test('promise 4: the proof of a promotion goes into the ledger with the next stored offset, whichever that is', async () => {
  for (const events of [
    [progress(2), progress(3)],
    [progress(2), ...commit(3)],
  ]) {
    const { delivery, lane } = setUp()
    await delivery.take([promoted, ...events])
    await delivery.drain()
    const moves = lane.batches.flatMap((batch) => batch.offset?.moved ?? [])
    expect(moves[0]?.why).toMatch(/^same system, before the switch; /u)
    expect(moves[0]?.by).toBe('progress')
    await delivery.take(commit(9))
    await delivery.drain()
    expect(lane.batches.at(-1)?.offset?.moved.why).not.toContain('same system')
  }
})

test('promise 3: progress that is still to be stored stays so while a transaction is open', async () => {
  const { delivery, lane } = setUp()
  await delivery.take([progress(2), { type: 'begin', transaction: '1', committedAtMs: 0 }])
  await delivery.drain()
  expect(lane.batches).toEqual([])
  await delivery.take([
    { type: 'pulse', nonce: null, committedAtMs: 0 },
    { type: 'commit', offset: offset(5, 'commit') },
  ])
  await delivery.drain()
  expect(lane.batches.map((batch) => batch.offset?.position)).toEqual(['5'])
})

test('a heartbeat claims the newest place there is', async () => {
  const { delivery, lane } = setUp()
  await delivery.take([progress(7)])
  delivery.beat()
  await delivery.drain()
  const [batch] = lane.batches
  expect(batch?.offset?.position).toBe('7')
  expect(batch?.messages.map((message) => message.topic)).toEqual(['__offbeat_heartbeat'])
})

function progress(at: number): LogEvent {
  return { type: 'progress', offset: offset(at, 'progress'), urgent: false }
}

function commit(at: number): LogEvent[] {
  return [
    { type: 'begin', transaction: '1', committedAtMs: 0 },
    { type: 'pulse', nonce: null, committedAtMs: 0 },
    { type: 'commit', offset: offset(at, 'commit') },
  ]
}

import { expect, test } from 'vitest'
import { numberPositions, positionAt } from '../../test/support/simulated/position.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { inShell } from '../model/fix.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { Batch, MessageLimit } from '../model/message.ts'
import { type Offset, type StoredOffset, storedOffset } from '../model/offset.ts'
import type { TableVersion } from '../model/table.ts'
import type { Lane } from '../sinks/sink.ts'
import { Delivery } from './delivery.ts'

function offset(at: number, by: 'commit' | 'progress'): Offset {
  return { position: positionAt(at), server: null, memory: {}, moved: { by, why: `${by} ${at}`, atMs: at } }
}

/** A lane that records its batches. */
class KeepingLane implements Lane {
  readonly offset: StoredOffset | null
  readonly batches: Batch[] = []
  returnsBytes = false
  writes = Promise.resolve()

  constructor(from: StoredOffset | null = storedOffset(offset(1, 'commit'), numberPositions)) {
    this.offset = from
  }

  write(batch: Batch): Promise<void> {
    this.batches.push(batch)
    return this.writes
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

function setUp(messageLimit?: MessageLimit): { delivery: Delivery; lane: KeepingLane } {
  const delivery = new Delivery({
    messageLimit,
    source: { name: 'shop', connector: 'test', version: '0', positionFields: [], transactionIds: 'number' },
    positions: numberPositions,
    clock: new VirtualClock(),
    listener: { stored: () => undefined, failed: () => undefined, notice: () => undefined, pulse: () => 1 },
    heartbeatFacts: () => ({ verdict: null, lastChangeAtMs: null }),
  })
  const lane = new KeepingLane()
  delivery.open(lane, new AbortController().signal)
  return { delivery, lane }
}

const BY_PULSE = 'the heartbeat row was read, and nothing before it is undelivered'

function movesOf(lane: KeepingLane) {
  return lane.batches.map(({ offset: of }) => [of?.position, of?.moved.by, of?.moved.why])
}

const promoted: LogEvent = {
  type: 'notice',
  code: 'POSTGRES_PROMOTED',
  details: {},
  ledger: 'same system, before the switch',
}

test('promise 4: the proof of a promotion goes into the ledger with the next stored offset, whichever that is', async () => {
  for (const { events, why } of [
    { events: [progress(2), progress(3)], why: 'progress 3' },
    { events: [progress(2), ...commit(3)], why: BY_PULSE },
    { events: insert('7', 3, 3), why: 'commit 3' },
  ]) {
    const { delivery, lane } = setUp()
    await delivery.take([promoted, ...events])
    await delivery.drain()
    await delivery.take(commit(9))
    await delivery.drain()
    expect(movesOf(lane)).toEqual([
      ['3', 'progress', `same system, before the switch; ${why}`],
      ['9', 'pulse', BY_PULSE],
    ])
  }
})

test('promise 4: a heartbeat at the stored position does not use up the proof of a promotion', async () => {
  const { delivery, lane } = setUp()
  await delivery.take(commit(2))
  await delivery.drain()
  await delivery.take([promoted])
  delivery.beat()
  await delivery.drain()
  await delivery.take(commit(3))
  await delivery.drain()
  expect(movesOf(lane)).toEqual([
    ['2', 'pulse', BY_PULSE],
    ['2', 'commit', 'commit 2'],
    ['3', 'progress', `same system, before the switch; ${BY_PULSE}`],
  ])
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

test('promise 1: the first offset of all is stored at once, without any heartbeat', async () => {
  const { delivery } = setUp()
  const lane = new KeepingLane(null)
  delivery.open(lane, new AbortController().signal)
  await delivery.take([progress(7)])
  await lane.writes
  await delivery.take([progress(8)])
  expect(lane.batches.map((batch) => batch.offset?.position)).toEqual(['7'])
})

test('promise 1: what an offset remembers is stored at once, however short a time after the last progress', async () => {
  const { delivery, lane } = setUp()
  const first = { ...offset(7, 'progress'), memory: { since: '1' } }
  await delivery.take([{ type: 'progress', offset: first, urgent: true }])
  const second = { ...first, memory: { keys: {} } }
  await delivery.take([{ type: 'progress', offset: second, urgent: true }])
  await lane.writes
  expect(lane.batches.map((batch) => batch.offset?.memory)).toEqual([{ since: '1' }, { keys: {} }])
})

test('a heartbeat claims the newest position there is', async () => {
  const { delivery, lane } = setUp()
  await delivery.take([progress(7)])
  delivery.beat()
  await delivery.drain()
  const [batch] = lane.batches
  expect(batch?.offset?.position).toBe('7')
  expect(batch?.messages.map((message) => message.topic)).toEqual(['__offbeat_heartbeat'])
})

test('promise 2: what comes before a message that the sink cannot take is delivered, and its transaction is named with the command', async () => {
  const { delivery, lane } = setUp({ bytes: 400, of: 'the sink test' })
  const refused = delivery.take([...insert('7', 10, 2), ...insert('8', 1000, 3), ...insert('9', 10, 4)])
  await expect(refused).rejects.toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
    message: expect.stringContaining(
      'the transaction 8, committed at 1970-01-01T00:00:00.000Z, cannot be delivered (public.files)',
    ),
    expected: 'at most 400 bytes for key and value together',
    fix: expect.arrayContaining([inShell('offbeat offsets skip shop --transaction 8')]),
    details: { undecodable: true, transaction: '8', table: 'public.files', column: 'body', valueBytes: 1000 },
  })
  await delivery.drain()
  expect(lane.batches.flatMap(({ messages }) => messages.map(({ topic }) => topic))).toEqual(['shop.public.files'])
  expect(lane.batches.at(-1)?.offset?.position).toBe('2')
})

test('a batch is written into the bytes of an earlier one only if the lane has returned them', async () => {
  const large = 600_000
  const blocksOf = ({ batches }: KeepingLane) => batches.map(({ messages }) => messages[0]?.bytes.buffer)
  for (const returnsBytes of [true, false]) {
    const { delivery, lane } = setUp()
    lane.returnsBytes = returnsBytes
    const { promise, resolve } = Promise.withResolvers<void>()
    lane.writes = promise
    await delivery.take(insert('1', large, 2))
    await delivery.take(insert('2', large, 3))
    resolve()
    await delivery.drain()
    await delivery.take(insert('3', large, 4))
    await delivery.drain()
    await delivery.take(insert('4', large, 5))
    await delivery.drain()
    const [first, second, third, fourth] = blocksOf(lane)
    expect(lane.batches).toHaveLength(4)
    expect(second).not.toBe(first)
    expect(third === first).toBe(returnsBytes)
    expect(fourth === second).toBe(returnsBytes)
  }
})

const FILES: TableVersion = {
  database: 'd',
  schema: 'public',
  name: 'files',
  columns: [{ name: 'body', type: 'int8', key: false, write: (from, start, end, to) => to.copy(from, start, end) }],
}

function insert(transaction: string, bytes: number, at: number): LogEvent[] {
  const after = { bytes: Buffer.alloc(bytes, '1'), spans: [0, bytes] }
  return [
    { type: 'begin', transaction, committedAtMs: 0 },
    { type: 'change', table: FILES, op: 'c', before: null, after, position: [] },
    { type: 'commit', offset: offset(at, 'commit') },
  ]
}

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

const rollback: LogEvent = { type: 'rollback' }

/** The transaction without its commit, with a second change. */
function unfinished(transaction: string, bytes: number): LogEvent[] {
  const [begin, change] = insert(transaction, bytes, 0)
  return begin === undefined || change === undefined ? [] : [begin, change, change]
}

const messagesOf = (lane: KeepingLane) => lane.batches.flatMap(({ messages }) => messages.length)

test('promise 2: nothing of a transaction that the server rolled back is delivered; what comes before and after it is', async () => {
  const { delivery, lane } = setUp()
  await delivery.take([...insert('1', 2, 2), ...unfinished('7', 3), rollback, ...insert('9', 4, 4)])
  await delivery.drain()
  expect(messagesOf(lane).reduce((sum, count) => sum + count)).toBe(2)
  expect(lane.batches.at(-1)?.offset?.position).toBe('4')
})

test('a transaction that is rolled back after a part of it was written is read again, and withheld until it ends in another way', async () => {
  const { delivery } = setUp()
  const large = unfinished('7', 2 * 1024 * 1024)
  const again = expect.objectContaining({ code: 'TRANSACTION_READ_AGAIN', retry: true })
  const reopened = () => {
    const lane = new KeepingLane()
    delivery.open(lane, new AbortController().signal)
    return lane
  }
  await expect(delivery.take([...large, rollback])).rejects.toEqual(again)
  const second = reopened()
  await delivery.take([...large, rollback, ...insert('9', 4, 4)])
  await delivery.drain()
  expect(messagesOf(second)).toEqual([1])

  reopened()
  await expect(delivery.take([...large, rollback])).rejects.toEqual(again)
  reopened()
  const committed: LogEvent[] = [...large, { type: 'commit', offset: offset(3, 'commit') }]
  await expect(delivery.take(committed)).rejects.toEqual(again)
  const last = reopened()
  await delivery.take(committed)
  await delivery.drain()
  expect(messagesOf(last).reduce((sum, count) => sum + count)).toBe(2)
})

import { describe, expect, it } from 'vitest'
import type { Sink } from '../../src/sinks/sink.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { batchOf, numbered, offsetAt, type Sample } from './sample-batch.ts'

/** A sink as the suite opens it. */
export interface SinkUnderTest extends AsyncDisposable {
  readonly sink: Sink
  /** What a reader of the topics sees now, in order. null: there can be no reader (discard). */
  readonly delivered: (() => Promise<readonly Sample[]>) | null
}

export interface SinkKind {
  readonly name: string
  /** Messages and offset become visible together, and no message is repeated. */
  readonly transactional: boolean
  /**
   * Opens the sink with its files in the folder. When it is opened again after the first one was disposed, it finds what that one stored.
   */
  open(folder: string): Promise<SinkUnderTest>
}

const signal = new AbortController().signal
const orders = 'shop.public.orders'
const customers = 'shop.public.customers'

/** The tests that every sink must pass. */
export function sinkSuite(kind: SinkKind): void {
  describe(`the sink ${kind.name}`, () => {
    offsetTests(kind)
    byteTests(kind)
    exclusivityTests(kind)
    deliveryTests(kind)
    if (kind.transactional) transactionTests(kind)
  })
}

/** Opens the sink in a folder of its own and claims the lane of `shop`. */
async function opened(kind: SinkKind) {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(temporaryFolder())
  const { sink, delivered } = stack.use(await kind.open(folder.path))
  const lane = stack.use(await sink.claim('shop', signal))
  const seen = async (): Promise<readonly Sample[]> => (delivered === null ? [] : await delivered())
  return { sink, lane, seen, readable: delivered !== null, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function offsetTests(kind: SinkKind): void {
  it('has no offset at first', async () => {
    await using under = await opened(kind)
    expect(under.lane.offset).toBeNull()
  })

  it('gives the whole offset back to the next claim', async () => {
    await using under = await opened(kind)
    const offset = offsetAt('0/2A')
    await under.lane.write(batchOf(numbered(orders, 1, 3), offset), signal)
    await using next = await under.sink.claim('shop', signal)
    expect(next.offset).toEqual(offset)
  })

  it('takes an offset without messages', async () => {
    await using under = await opened(kind)
    await under.lane.write({ messages: [], offset: offsetAt('0/30', 'progress') }, signal)
    await using next = await under.sink.claim('shop', signal)
    expect(next.offset?.position).toBe('0/30')
    expect(await under.seen()).toEqual([])
  })

  it('keeps the offsets of sources apart', async () => {
    await using under = await opened(kind)
    await using other = await under.sink.claim('billing', signal)
    await other.write(batchOf(numbered('billing.public.bills', 1, 1), offsetAt('0/99')), signal)
    await under.lane.write(batchOf(numbered(orders, 1, 1), offsetAt('0/11')), signal)
    await using again = await under.sink.claim('billing', signal)
    expect(again.offset?.position).toBe('0/99')
  })

  it('finds the offset after it was closed and opened again', async () => {
    using folder = temporaryFolder()
    {
      await using first = await kind.open(folder.path)
      await using lane = await first.sink.claim('shop', signal)
      await lane.write(batchOf(numbered(orders, 1, 5), offsetAt('0/5')), signal)
    }
    await using second = await kind.open(folder.path)
    await using lane = await second.sink.claim('shop', signal)
    expect(lane.offset).toEqual(offsetAt('0/5'))
  })
}

function byteTests(kind: SinkKind): void {
  it('does not read the bytes of a batch any more when it has returned them', async () => {
    await using under = await opened(kind)
    const samples = numbered(orders, 1, 9)
    for (const [i, sample] of samples.entries()) {
      const batch = batchOf([sample], offsetAt(`0/${i + 1}`))
      await under.lane.write(batch, signal)
      if (under.lane.returnsBytes === true) for (const { bytes } of batch.messages) bytes.fill(0)
    }
    if (under.readable) expect(await under.seen()).toEqual(samples)
  })
}

function exclusivityTests(kind: SinkKind): void {
  it('promise 4: an older holder of a lane fails FENCED, and delivers nothing', async () => {
    await using under = await opened(kind)
    await using _newer = await under.sink.claim('shop', signal)
    const write = under.lane.write(batchOf(numbered(orders, 1, 1), offsetAt('0/7')), signal)
    await expect(write).rejects.toMatchObject({ code: 'FENCED' })
    const part = under.lane.write(batchOf(numbered(orders, 1, 1), null), signal)
    await expect(part).rejects.toMatchObject({ code: 'FENCED' })
    await using last = await under.sink.claim('shop', signal)
    expect(last.offset).toBeNull()
    expect(await under.seen()).toEqual([])
  })

  it('promise 13: disposing an older lane does not disturb the newer one, and twice is harmless', async () => {
    await using under = await opened(kind)
    await using newer = await under.sink.claim('shop', signal)
    await newer.write(batchOf(numbered(orders, 1, 2), null), signal)
    await under.lane[Symbol.asyncDispose]()
    await under.lane[Symbol.asyncDispose]()
    await newer.write(batchOf(numbered(orders, 3, 1), offsetAt('0/8')), signal)
    if (under.readable) expect(await under.seen()).toEqual(numbered(orders, 1, 3))
  })

  it('ends the waiting when the signal aborts, and can be claimed again', async () => {
    await using under = await opened(kind)
    const abort = new AbortController()
    abort.abort(new Error('stop'))
    const write = under.lane.write(batchOf(numbered(orders, 1, 1), offsetAt('0/9')), abort.signal)
    await expect(write).rejects.toThrow('stop')
    await expect(under.sink.claim('shop', abort.signal)).rejects.toThrow('stop')
    await using next = await under.sink.claim('shop', signal)
    await next.write(batchOf(numbered(orders, 1, 1), offsetAt('0/A')), signal)
    await using last = await under.sink.claim('shop', signal)
    expect(last.offset?.position).toBe('0/A')
  })
}

function deliveryTests(kind: SinkKind): void {
  it('delivers in the order of the log over all topics', async () => {
    await using under = await opened(kind)
    const mixed = [...Array(300).keys()].flatMap((i) => numbered(i % 3 === 0 ? customers : orders, i, 1))
    await under.lane.write(batchOf(mixed.slice(0, 120), offsetAt('0/1')), signal)
    await under.lane.write(batchOf(mixed.slice(120), offsetAt('0/2')), signal)
    if (under.readable) expect(await under.seen()).toEqual(mixed)
  })

  it('delivers a transaction larger than a batch in full', async () => {
    await using under = await opened(kind)
    for (let i = 0; i < 5; i++) await under.lane.write(batchOf(numbered(orders, i * 100, 100), null), signal)
    await under.lane.write({ messages: [], offset: offsetAt('0/F') }, signal)
    if (under.readable) expect(await under.seen()).toEqual(numbered(orders, 0, 500))
  })

  it('keeps every number, character and absence exactly', async () => {
    await using under = await opened(kind)
    const values = [
      '{"big":9223372036854775807,"low":-9223372036854775808,"decimal":"123456789012345678901234567890.10","e":1.50e10}',
      '{"text":"größe 𝒳 \\u0000 \\ud800 \\"quoted\\" \\\\ \u2028 日本"}',
      `{"long":"${'ü'.repeat(100_000)}"}`,
      `${'['.repeat(2000)}${']'.repeat(2000)}`,
      '0',
    ]
    const samples: Sample[] = values.map((value) => ({ topic: orders, key: '{"id":9007199254740993}', value }))
    samples.push({ topic: orders, key: '{"id":1}', value: null }, { topic: orders, key: null, value: '{"no":"key"}' })
    await under.lane.write(batchOf(samples, offsetAt('0/1')), signal)
    if (under.readable) expect(await under.seen()).toEqual(samples)
  })

  it('delivers heartbeats of several sources to one topic', async () => {
    await using under = await opened(kind)
    await using other = await under.sink.claim('billing', signal)
    const beat = (source: string): Sample => ({
      topic: '__offbeat_heartbeat',
      key: `"${source}"`,
      value: '{"layer":1}',
    })
    await under.lane.write(batchOf([beat('shop')], offsetAt('0/1', 'progress')), signal)
    await other.write(batchOf([beat('billing')], offsetAt('0/1', 'progress')), signal)
    if (under.readable) expect(await under.seen()).toEqual(expect.arrayContaining([beat('shop'), beat('billing')]))
  })
}

function transactionTests(kind: SinkKind): void {
  it('promise 3: shows nothing of a transaction before its offset, then all of it', async () => {
    await using under = await opened(kind)
    await under.lane.write(batchOf(numbered(orders, 0, 10), offsetAt('0/1')), signal)
    for (let i = 1; i < 5; i++) {
      await under.lane.write(batchOf(numbered(i % 2 === 0 ? customers : orders, i * 10, 10), null), signal)
      expect(await under.seen()).toHaveLength(10)
    }
    await under.lane.write(batchOf(numbered(orders, 50, 10), offsetAt('0/2')), signal)
    expect(await under.seen()).toHaveLength(60)
  })

  it('promise 3: drops what came after the last offset, on dispose and on a claim', async () => {
    await using under = await opened(kind)
    await under.lane.write(batchOf(numbered(orders, 0, 2), offsetAt('0/1')), signal)
    await under.lane.write(batchOf(numbered(orders, 2, 300), null), signal)
    await under.lane[Symbol.asyncDispose]()
    await using second = await under.sink.claim('shop', signal)
    await second.write(batchOf(numbered(orders, 500, 300), null), signal)
    await using third = await under.sink.claim('shop', signal)
    expect(third.offset?.position).toBe('0/1')
    await third.write(batchOf(numbered(orders, 2, 2), offsetAt('0/2')), signal)
    expect(await under.seen()).toEqual(numbered(orders, 0, 4))
  })
}

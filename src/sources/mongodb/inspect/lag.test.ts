import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { readingContext } from '../../../../test/support/reading.ts'
import type { LogState } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import { streamPosition } from '../position/position.ts'
import { openProbe } from './probe.ts'

const never = new AbortController().signal
const INTERVAL_S = 60
const SHOP = { tables: ['shop.item'] }
const NOT_BEHIND = { behind: 'no', lagMs: 0 }
/** Of SecantusDB. Its time is later than everything in the log. */
const foreignToken = (sequence: 1 | 2) => `17000000107300${`0${sequence}000000`}11740001000000FFFFFF7F00`

/** At the end of the log. */
function offsetOf(fake: FakeMongodb): Offset {
  const time = { seconds: Number(fake.time >> 32n), increment: Number(fake.time & 0xffff_ffffn) + 1 }
  const moved = { by: 'progress', why: 'the start', atMs: 0 } as const
  return { position: streamPosition({ time, token: null }), server: null, memory: {}, moved }
}

/** The server writes nothing but no-ops. */
function rest(fake: FakeMongodb, seconds: number): void {
  for (let passed = 0; passed < seconds; passed += 10) {
    fake.oplog.advance(10)
    fake.noop()
  }
}

async function lag(
  fake: FakeMongodb,
  offset: Offset,
  config: MongodbConfig = fakeConfig(fake, SHOP),
): Promise<Pick<LogState, 'behind' | 'lagMs'>> {
  await using probe = await openProbe(config, readingContext)
  const { behind, lagMs } = await probe.inspect(() => offset, never)
  return { behind, lagMs }
}

test('an idle source is not behind between two heartbeats, though the server writes no-ops', async () => {
  await using fake = await fakeMongodb()
  fake.insert('shop.item', { _id: 1 })
  const offset = offsetOf(fake)
  expect(await lag(fake, offset)).toEqual(NOT_BEHIND)
  rest(fake, INTERVAL_S / 2)
  expect(await lag(fake, offset)).toEqual(NOT_BEHIND)
  fake.insert('other.item', { _id: 1 })
  rest(fake, INTERVAL_S / 2)
  expect(await lag(fake, offset)).toEqual(NOT_BEHIND)
})

test('a source is behind by the age of its offset as soon as there is a change to deliver', async () => {
  await using fake = await fakeMongodb()
  const offset = offsetOf(fake)
  fake.oplog.advance(1)
  fake.insert('shop.item', { _id: 1 })
  rest(fake, 30)
  expect(await lag(fake, offset)).toEqual({ behind: 'yes', lagMs: 31_000 })
})

test('an offset that heartbeats no longer move is behind, also where there is nothing to deliver', async () => {
  await using fake = await fakeMongodb()
  const offset = offsetOf(fake)
  rest(fake, 2 * INTERVAL_S)
  expect(await lag(fake, offset)).toEqual(NOT_BEHIND)
  rest(fake, 10)
  expect(await lag(fake, offset)).toEqual({ behind: 'yes', lagMs: 130_000 })
  const rarely = fakeConfig(fake, { ...SHOP, heartbeat: { connector: { interval: '10m' }, source: 'off' } })
  expect(await lag(fake, offset, rarely)).toEqual(NOT_BEHIND)
})

test.each([
  ['the same', [1, 1] as const, NOT_BEHIND],
  ['another', [1, 2] as const, { behind: 'yes', lagMs: 30_000 }],
])(
  'where tokens do not show how far the server has searched, it answers twice: %s token',
  async (_, tokens, expected) => {
    await using fake = await fakeMongodb()
    const offset = offsetOf(fake)
    rest(fake, 30)
    for (const sequence of tokens)
      fake.onNext(
        'getMore',
        reply.rewrite(({ cursor, ...answer }) => ({
          ...answer,
          cursor: { ...Object(cursor), postBatchResumeToken: { _data: foreignToken(sequence) } },
        })),
      )
    expect(await lag(fake, offset)).toEqual(expected)
    expect(fake.pendingFaults).toBe(0)
  },
)

test('a source is behind the time up to which the shards have written, not up to which the cluster has come', async () => {
  await using fake = await fakeMongodb({ shape: 'mongos', shards: 2 })
  const offset = offsetOf(fake)
  rest(fake, 20)
  fake.oplog.advance(10)
  fake.noop(0)
  expect(await lag(fake, offset)).toEqual({ behind: 'yes', lagMs: 10_000 })
})

import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { PLAIN_LOGIN } from '../../../../../test/support/mongodb-fake/login-url.ts'
import { fakeConfig } from '../../../../../test/support/mongodb-flow.ts'
import { readingContext } from '../../../../../test/support/reading.ts'
import { runwayOf } from '../../../../health/runway.ts'
import type { Clock } from '../../../../model/clock.ts'
import type { LogState } from '../../../../model/log-state.ts'
import type { Offset } from '../../../../model/offset.ts'
import type { Probe } from '../../../source.ts'
import type { MongodbConfig } from '../../config.ts'
import { streamPosition } from '../../position/position.ts'
import { openProbe } from '../probe.ts'
import { raiseLimit } from '../raise-limit.ts'

const never = new AbortController().signal

async function cluster(): Promise<FakeMongodb> {
  const fake = await fakeMongodb({ shape: 'mongos', shards: 2 })
  fake.insert('shop.item', { _id: 1 })
  fake.noop()
  return fake
}

function offsetOf(fake: FakeMongodb): Offset {
  const time = { seconds: Number(fake.time >> 32n), increment: Number(fake.time & 0xffff_ffffn) }
  const moved = { by: 'progress', why: 'the start', atMs: 0 } as const
  return { position: streamPosition({ time, token: null }), server: null, memory: {}, moved }
}

async function inspect(fake: FakeMongodb, config: MongodbConfig = fakeConfig(fake)): Promise<LogState> {
  await using probe = await openProbe(config, readingContext)
  return await inspectBy(probe, offsetOf(fake))
}

async function inspectBy(probe: Probe, offset: Offset): Promise<LogState> {
  return await probe.inspect(() => offset, never)
}

test('the runway is that of the shard that reaches back least, of which each is asked', async () => {
  await using fake = await cluster()
  fake.oplog.advance(24 * 3600)
  fake.noop()
  const { limits, blockers, unseen, resume } = await inspect(fake)
  expect(limits.map(({ name }) => name)).toEqual([
    'oplogSizeMB of the shard shard00',
    'oplogSizeMB of the shard shard01',
    'oplogSizeMB of the shard config',
  ])
  expect(limits.every(({ keeps }) => keeps !== null)).toBe(true)
  expect(limits[1]?.because[0]).toMatch(/^shard01: the oplog has the last /)
  expect({ blockers, unseen, resume }).toMatchObject({ blockers: [], unseen: [], resume: { can: 'yes' } })
  expect(raiseLimit(limits[1]?.name ?? '', 3_600_000)[0]).toMatchObject({
    note: 'on each member of the shard shard01',
  })
})

test('a shard that writes nothing is named, with the command that makes the stream continue', async () => {
  await using fake = await cluster()
  fake.oplog.advance(20)
  fake.noop(0)
  expect((await inspect(fake)).blockers).toEqual([])
  fake.oplog.advance(20)
  fake.noop(0)
  const { blockers } = await inspect(fake)
  expect(blockers).toMatchObject([{ kind: 'shard', name: 'shard01', holds: 'stream', details: { behindSeconds: 40 } }])
  expect(blockers[0]?.fix[0]?.text).toContain('appendOplogNote')
  fake.noop(1)
  expect((await inspect(fake)).blockers).toEqual([])
})

test('config servers whose time does not advance hold up the stream like a shard', async () => {
  await using fake = await cluster()
  fake.configTime = fake.time
  fake.oplog.advance(60)
  fake.noop()
  expect((await inspect(fake)).blockers).toMatchObject([{ name: 'config', holds: 'stream' }])
})

test('without a user on the shards, their oplogs are unknown with what to do, and how far they have written is seen all the same', async () => {
  await using fake = await cluster()
  for (const member of fake.shardMembers) member.isGuarded = true
  fake.oplog.advance(60)
  fake.noop(0)
  const state = await inspect(fake)
  expect(state.limits.map(({ keeps }) => keeps)).toEqual([null, null, null])
  expect(runwayOf(state, [])).toMatchObject({ kind: 'unknown', seconds: null })
  expect(state.unseen).toMatchObject([
    {
      what: 'how far back the oplog of the shard shard00 reaches',
      fix: { in: 'person', text: expect.stringContaining('shard00 wants a login: create a user with the role read') },
    },
    { what: 'how far back the oplog of the shard shard01 reaches' },
    { what: 'how far back the oplog of the shard config reaches' },
  ])
  expect(state.blockers).toMatchObject([{ name: 'shard01' }])
})

test('a shard that refuses the login is asked for its time only, and for its oplog again after an hour', async () => {
  await using fake = await cluster()
  fake.answer('saslStart', PLAIN_LOGIN)
  const url = `mongodb://u:planted-password@${fake.hosts[0]}/?authMechanism=PLAIN`
  let nowMs = 0
  const clock: Clock = { ...readingContext.clock, monotonicMs: () => nowMs }
  await using probe = await openProbe(fakeConfig(fake, { url }), { ...readingContext, clock })
  const offset = offsetOf(fake)
  const logins = () => fake.shardMembers.map(({ received }) => received.filter((name) => name === 'saslStart').length)
  for (const minutes of [0, 20, 39]) {
    nowMs += minutes * 60_000
    const { limits, unseen } = await inspectBy(probe, offset)
    expect(limits[0]).toMatchObject({ keeps: null })
    expect(unseen[0]?.fix).toMatchObject({ in: 'database', text: expect.stringContaining('createUser: "u"') })
  }
  expect(logins()).toEqual([1, 1, 1])
  for (const member of fake.shardMembers) member.hasUser = true
  nowMs += 60_000
  const { limits, unseen } = await inspectBy(probe, offset)
  expect(unseen).toEqual([])
  expect(limits[0]?.keeps).toMatchObject({})
  expect(logins().every((count) => count > 1)).toBe(true)
})

test('a shard that cannot be reached is unknown, and the others are seen', async () => {
  await using fake = await cluster()
  await fake.shardMembers[0]?.stop()
  const { limits, unseen } = await inspect(fake)
  expect(limits[0]).toMatchObject({
    keeps: null,
    because: [expect.stringMatching(/shard00 cannot be seen: .*refused/)],
  })
  expect(limits[1]?.keeps).not.toBeUndefined()
  expect(unseen).toMatchObject([{ what: 'how far back the oplog of the shard shard00 reaches' }])
})

test('where no shard can be seen, a stream that does not advance while the time of the cluster does is reported as just that', async () => {
  await using fake = await cluster()
  const denied = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' }
  fake.answer('find', ({ find }) => (find === 'shards' ? denied : null))
  fake.answer('listShards', denied)
  let nowMs = 0
  const clock: Clock = { ...readingContext.clock, monotonicMs: () => nowMs }
  await using probe = await openProbe(fakeConfig(fake), { ...readingContext, clock })
  const offset = offsetOf(fake)
  const after = async (seconds: number, at = offset) => {
    nowMs += seconds * 1000
    fake.oplog.advance(seconds)
    fake.noop()
    return await inspectBy(probe, at)
  }
  const first = await after(0)
  expect(first).toMatchObject({ blockers: [], unseen: [{ what: 'the shards of the cluster' }] })
  expect(runwayOf(first, [])).toMatchObject({ kind: 'unknown' })
  expect((await after(20)).blockers).toEqual([])
  expect((await after(20)).blockers).toMatchObject([
    { holds: 'stream', name: expect.stringContaining('a shard without writes') },
  ])
  expect((await after(20, offsetOf(fake))).blockers).toEqual([])
})

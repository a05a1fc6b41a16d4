import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { asOffbeatError } from '../../src/model/error.ts'
import { makeNonce } from '../../src/model/nonce.ts'
import { type MongodbConfig, mongodbConfig } from '../../src/sources/mongodb/config.ts'
import { MONGODB } from '../../src/sources/mongodb/definition.ts'
import { openProbe } from '../../src/sources/mongodb/inspect/probe.ts'
import { openReader } from '../../src/sources/mongodb/read/reader.ts'
import type { Probe } from '../../src/sources/source.ts'
import { mongodbMissing, sharedMongodb } from '../support/mongodb.ts'
import { type FakeMongodb, fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { type Fault, reply } from '../support/mongodb-fake/fault.ts'
import { watchedMongodb } from '../support/mongodb-watched.ts'
import { openStore } from '../support/open-store.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { RunningConnector } from '../support/running-connector.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const never = new AbortController().signal
const NAMESPACE = 'streamkap.streamkap_heartbeat'
const nonceOf = (id: string) => makeNonce(readingContext.source, id)

function configOf(url: string, entry: Readonly<Record<string, unknown>> = {}): MongodbConfig {
  const heartbeat = { interval: '10s', source: { mode: 'table' } }
  return mongodbConfig.parse({ kind: 'mongodb', url, tables: ['shop.item'], heartbeat, ...entry })
}

const isBeat = (value: unknown): value is { readonly db: string } => value === 'streamkap_heartbeat'

/** The writes of heartbeats, each with its number of the session and the member that got it. */
function writesOf(fake: FakeMongodb) {
  return fake.received.flatMap(({ name, node, command }) =>
    name === 'update' && isBeat(command['update']) ? [{ node, number: String(command['txnNumber']) }] : [],
  )
}

async function beaten(probe: Probe, id: string): Promise<string> {
  return await (probe.beat?.(nonceOf(id), never) ?? expect.fail('it writes no heartbeats')).then(
    () => 'written',
    (error: unknown) => asOffbeatError(error).code,
  )
}

describe('a heartbeat whose reply does not come', () => {
  test.each([
    ['after the write', reply.cut('after')],
    ['before the write', reply.cut('before')],
  ] as const)('%s: the driver writes it again, and it is one heartbeat with its nonce', async (_, fault) => {
    await using fake = await fakeMongodb()
    fake.insert(NAMESPACE, { _id: 1, text: 'test_heartbeat', last_update: new Date(0) })
    const config = configOf(fake.url())
    await using reading = new Reading(await openReader(config, readingContext), 'now', 'none')
    await reading.firstOffset()
    await using probe = await openProbe(config, readingContext)
    fake.onNext('update', fault)
    expect(await beaten(probe, 'a')).toBe('written')
    const [first, second, ...more] = writesOf(fake)
    expect(more).toEqual([])
    expect(second?.number).toBe(first?.number)
    expect(await beaten(probe, 'b')).toBe('written')
    const pulses = () => reading.events.flatMap((event) => (event.type === 'pulse' ? [event.nonce] : []))
    await reading.until('the next heartbeat', () => pulses().includes(nonceOf('b')))
    expect(pulses()).toEqual([nonceOf('a'), nonceOf('b')])
  })

  test('of the document that did not exist: it is inserted once', async () => {
    await using fake = await fakeMongodb()
    await using probe = await openProbe(configOf(fake.url()), readingContext)
    // The first update finds no document, the second one inserts it.
    fake.onNext(
      'update',
      reply.rewrite((answer) => answer),
    )
    fake.onNext('update', reply.cut('after'))
    expect(await beaten(probe, 'a')).toBe('written')
    expect(fake.data.find(NAMESPACE, {})).toEqual([{ _id: 1, text: nonceOf('a'), last_update: expect.any(Date) }])
    expect(writesOf(fake)).toHaveLength(3)
  })
})

describe('one heartbeat that fails does not end the heartbeats', () => {
  // Each as often as the driver tries.
  const FAILURES: readonly (readonly [what: string, faults: readonly Fault[], code: string])[] = [
    ['the privileges were revoked (13)', [reply.error(13)], 'HEARTBEAT_DENIED'],
    ['the operation ran out of time (50)', [reply.error(50)], 'HEARTBEAT_SLOW'],
    ['a write conflict (112)', [reply.error(112)], 'HEARTBEAT_SLOW'],
    ['a validator refuses the document (121)', [reply.error(121)], 'HEARTBEAT_TABLE_SHAPE'],
    ['a view (166)', [reply.error(166)], 'HEARTBEAT_TABLE_SHAPE'],
    ['an error that nobody knows', [reply.error(424_242)], 'DATABASE_ERROR'],
    ['the connection is cut twice', [reply.cut('before'), reply.cut('before')], 'DATABASE_CONNECTION_LOST'],
  ]

  test.each(FAILURES)('%s', async (_, faults, code) => {
    await using fake = await fakeMongodb()
    await using probe = await openProbe(configOf(fake.url()), readingContext)
    expect(await beaten(probe, 'a')).toBe('written')
    for (const fault of faults) fake.onNext('update', fault)
    expect(await beaten(probe, 'b')).toBe(code)
    expect(await beaten(probe, 'c')).toBe('written')
    expect(fake.data.find(NAMESPACE, {})).toMatchObject([{ text: nonceOf('c') }])
  })

  test('a majority that does not acknowledge it in time, as the server reports it beside the result', async () => {
    await using fake = await fakeMongodb()
    await using probe = await openProbe(configOf(fake.url()), readingContext)
    expect(await beaten(probe, 'a')).toBe('written')
    const writeConcernError = { code: 64, codeName: 'WriteConcernTimeout', errmsg: 'waiting for replication timed out' }
    fake.onNext(
      'update',
      reply.rewrite((answer) => ({ ...answer, writeConcernError })),
    )
    expect(await beaten(probe, 'b')).toBe('HEARTBEAT_SLOW')
    expect(await beaten(probe, 'c')).toBe('written')
  })

  test('the primary steps down in the middle of it: the new one gets it', async () => {
    await using fake = await fakeMongodb({ nodes: 2 })
    await using probe = await openProbe(configOf(fake.url()), readingContext)
    expect(await beaten(probe, 'a')).toBe('written')
    const held = reply.held()
    fake.onNext('update', held)
    const written = beaten(probe, 'b')
    await waitFor({ until: 'the write has arrived' }, () => writesOf(fake).length > 2)
    fake.elect(1)
    held.release()
    expect(await written).toBe('written')
    expect(writesOf(fake).at(-1)?.node).toBe(1)
    expect(fake.data.find(NAMESPACE, {})).toMatchObject([{ text: nonceOf('b') }])
  })

  test('no member is the primary for longer than a heartbeat can take: the error says so, and the next one is written', async () => {
    await using fake = await fakeMongodb({ nodes: 2 })
    const heartbeat = { interval: '1s', source: { mode: 'table' } }
    await using probe = await openProbe(configOf(fake.url(), { heartbeat }), readingContext)
    expect(await beaten(probe, 'a')).toBe('written')
    fake.elect(null)
    // Nothing is to be changed for an election.
    expect(await beaten(probe, 'b')).toMatch(/^DATABASE_/u)
    fake.elect(1)
    await waitFor({ until: 'a heartbeat is written' }, async () => (await beaten(probe, 'd')) === 'written')
    expect(writesOf(fake).at(-1)?.node).toBe(1)
  })
})

test('a source that reads from a secondary writes its heartbeats on the primary', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  const config = configOf(fake.url('', { readPreference: 'secondary' }))
  await using reading = new Reading(await openReader(config, readingContext), 'now', 'none')
  await reading.firstOffset()
  await using probe = await openProbe(config, readingContext)
  expect(await beaten(probe, 'a')).toBe('written')
  await reading.until('the heartbeat', () =>
    reading.events.some((event) => event.type === 'pulse' && event.nonce === nonceOf('a')),
  )
  expect(new Set(writesOf(fake).map(({ node }) => node))).toEqual(new Set([0]))
  expect(new Set(fake.received.flatMap(({ name, node }) => (name === 'getMore' ? [node] : [])))).toEqual(new Set([1]))
})

describe.skipIf(mongodbMissing() !== null)('while the connector runs, on a server', () => {
  test('heartbeats come back after the document, the collection and its database were removed by hand', async () => {
    await using watched = await watchedMongodb(await sharedMongodb({ auth: true }))
    const { admin, heartbeat } = watched
    using folder = temporaryFolder()
    await using store = await openStore(folder.file('offbeat.db'))
    const source = { definition: MONGODB, config: mongodbConfig.parse(watched.entry) }
    await using _connector = new RunningConnector(source, store, systemClock)
    const collection = admin.db(heartbeat.database).collection<{ _id: number }>(heartbeat.collection)
    const remove = [
      async () => void (await collection.deleteOne({ _id: 1 })),
      async () => void (await collection.drop()),
      async () => void (await admin.db(heartbeat.database).dropDatabase()),
    ]
    for (const each of remove) {
      await waitFor({ until: 'a heartbeat is back' }, async () => (await collection.countDocuments()) === 1)
      await each()
      // A nonce that is written after it.
      const written = await waitFor({ until: 'one more is written' }, () => collection.findOne({ _id: 1 }))
      const nonce = String(Reflect.get(written, 'text'))
      await waitFor({ until: `${nonce} or a later one is stored` }, async () => {
        const pulses = await store.journal.history.pulses('shop', 0)
        const from = pulses.findIndex((pulse) => pulse.nonce === nonce)
        return from >= 0 && pulses.slice(from).some(({ storedAtMs }) => storedAtMs !== null)
      })
    }
  })
})

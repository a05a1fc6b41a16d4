import { expect, test } from 'vitest'
import { type FakeMongodb, type FakeOptions, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { connectMongodb, type MongodbConnection } from './connection.ts'

const OPTIONS = { source: 'shop', signal: new AbortController().signal }

/** The servers that twelve commands of one connection went to. */
async function servedBy(fake: FakeMongodb, connection: MongodbConnection): Promise<ReadonlySet<number>> {
  const before = fake.received.length
  for (let i = 0; i < 12; i++) await connection.command('admin', { ping: 1 })
  return new Set(fake.received.slice(before).flatMap(({ name, node }) => (name === 'ping' ? [node] : [])))
}

const CLUSTER: FakeOptions = { shape: 'mongos', nodes: 4 }

test.each([
  ['several routers', CLUSTER, {}, {}],
  ['several routers, for what is written', CLUSTER, {}, { readFrom: 'primary' as const }],
  ['several secondaries', { nodes: 4 }, { readPreference: 'secondary' }, {}],
  ['any member', { nodes: 4 }, { readPreference: 'nearest' }, {}],
])(
  'where there are %s, all commands of a connection go to the one that was chosen',
  async (_, options, parameters, about) => {
    await using fake = await fakeMongodb(options)
    await using connection = await connectMongodb(fakeConfig(fake, { url: fake.url('', parameters) }), {
      ...OPTIONS,
      ...about,
    })
    const [member = -1, ...others] = await servedBy(fake, connection)
    expect(others).toEqual([])
    expect(`127.0.0.1:${connection.target.port}`).toBe(fake.hosts[member])
  },
)

test('a primary is followed to the next one', async () => {
  await using fake = await fakeMongodb({ nodes: 3 })
  await using connection = await connectMongodb(fakeConfig(fake), OPTIONS)
  expect(await servedBy(fake, connection)).toEqual(new Set([0]))
  fake.elect(1)
  fake.cut(0)
  expect(await servedBy(fake, connection)).toEqual(new Set([1]))
})

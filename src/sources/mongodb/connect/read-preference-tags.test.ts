import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { connectMongodb } from './connection.ts'

const OPTIONS = { source: 'shop', connectTimeoutMs: 1000, signal: new AbortController().signal }

/** A primary, and two secondaries with other tags. */
async function taggedFake(): Promise<FakeMongodb> {
  const fake = await fakeMongodb({ nodes: 3 })
  fake.memberTags = [
    { dc: 'east', use: 'app' },
    { dc: 'east', use: 'report' },
    { dc: 'west', use: 'report' },
  ]
  return fake
}

const urlOf = (fake: FakeMongodb, readPreference: string, tags: readonly string[]) =>
  `${fake.url('', { readPreference })}${tags.map((each) => `&readPreferenceTags=${each}`).join('')}`

test.each([
  ['secondary', ['dc:west'], 2],
  ['secondary', ['dc:east'], 1],
  ['nearest', ['dc:east,use:report'], 1],
  ['secondaryPreferred', ['dc:north', 'use:app'], 0],
  ['secondary', ['dc:north', 'dc:west'], 2],
] as const)(
  'readPreference=%s with the tags %j reads from member %i, and heartbeats go to the primary',
  async (readPreference, tags, member) => {
    await using fake = await taggedFake()
    const config = fakeConfig(fake, { url: urlOf(fake, readPreference, tags) })
    await using connection = await connectMongodb(config, OPTIONS)
    expect(`127.0.0.1:${connection.target.port}`).toBe(fake.hosts[member])
    await using writing = await connectMongodb(config, { ...OPTIONS, readFrom: 'primary' })
    expect(`127.0.0.1:${writing.target.port}`).toBe(fake.hosts[0])
  },
)

test('where no member has the tags, those of all members are named', async () => {
  await using fake = await taggedFake()
  const config = fakeConfig(fake, { url: urlOf(fake, 'secondary', ['dc:north']) })
  await expect(connectMongodb(config, OPTIONS)).rejects.toMatchObject({
    code: 'DATABASE_CONNECT_FAILED',
    found: expect.stringContaining(`${fake.hosts[2]} is a secondary (dc:west,use:report)`),
  })
})

test.each([
  ['primary', 'dc:west', 'has readPreferenceTags, which have no effect'],
  ['secondary', 'west', 'has readPreferenceTags in another form'],
])('readPreference=%s with the tags %s is a mistake', async (readPreference, tags, message) => {
  await using fake = await taggedFake()
  expect(() => fakeConfig(fake, { url: urlOf(fake, readPreference, [tags]) })).toThrow(message)
})

test('loadBalanced is refused with the reason', async () => {
  await using fake = await fakeMongodb()
  expect(() => fakeConfig(fake, { url: fake.url('', { loadBalanced: 'true' }) })).toThrow(
    'has the parameter loadBalanced; a change stream is read from the server that opened it',
  )
})

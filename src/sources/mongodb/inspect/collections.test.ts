import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { loginUrl, PLAIN_LOGIN } from '../../../../test/support/mongodb-fake/login-url.ts'
import type { MongodbConfig } from '../config.ts'
import { mongodbConfig } from '../config.ts'
import { connectMongodb } from '../connect/connection.ts'
import { hiddenEntries, readCollections } from './collections.ts'

const { signal } = new AbortController()
const DENIED = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on shop' }

/** The user may read these collections of the database shop and list no others, as a role on single collections lets it. */
async function restrictedFake(readable: readonly string[]): Promise<FakeMongodb> {
  const fake = await fakeMongodb()
  for (const name of ['orders', 'items']) fake.insert(`shop.${name}`, { _id: 1 })
  fake.answer('saslStart', PLAIN_LOGIN)
  fake.answer('find', ({ find }) => (readable.includes(String(find)) ? null : DENIED))
  fake.answer('listCollections', ({ authorizedCollections }) => {
    if (authorizedCollections !== true) return DENIED
    const names = ['orders', 'items'].filter((name) => readable.includes(name))
    return { cursor: { id: 0n, ns: 'shop.$cmd', firstBatch: names.map((name) => ({ name, type: 'collection' })) } }
  })
  return fake
}

async function entriesOf(fake: FakeMongodb, tables: readonly string[]) {
  const config: MongodbConfig = mongodbConfig.parse({
    kind: 'mongodb',
    url: loginUrl(fake, 'app'),
    tables,
    heartbeat: { source: 'off' },
  })
  await using connection = await connectMongodb(config, { source: 'shop', signal })
  const sight = await readCollections(connection, config, signal)
  const hidden = hiddenEntries(config, sight)
  return { missing: sight.missing, hidden: tables.filter((entry) => hidden(entry) !== null) }
}

test('a collection that the user may read and that is not listed to it does not exist: no grant would show it', async () => {
  await using fake = await restrictedFake(['orders', 'odrers'])
  expect(await entriesOf(fake, ['shop.odrers'])).toEqual({ missing: ['shop.odrers'], hidden: [] })
  expect(await entriesOf(fake, ['shop.orders'])).toMatchObject({ missing: [] })
})

test('a collection that the user cannot read, or a pattern, can match what the user does not see', async () => {
  await using fake = await restrictedFake(['orders'])
  const tables = ['shop.items', 'shop.i*']
  expect(await entriesOf(fake, tables)).toEqual({ missing: [], hidden: tables })
})

test('where the user may list no collection at all, nothing is known to be missing', async () => {
  await using fake = await restrictedFake(['odrers'])
  fake.answer('listCollections', DENIED)
  expect(await entriesOf(fake, ['shop.odrers'])).toEqual({ missing: [], hidden: ['shop.odrers'] })
})

import { ObjectId } from 'mongodb'
import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { readingContext } from '../../../../test/support/reading.ts'
import { Secret } from '../../../model/secret.ts'
import type { MongodbConfig } from '../config.ts'
import { openAdminSession } from './admin-session.ts'

const MOST_COMMANDS = 20

/** A user without a role sees no id of the set. */
function hideId(fake: FakeMongodb): void {
  for (let i = 0; i < MOST_COMMANDS; i++)
    for (const command of ['replSetGetConfig', 'find']) fake.onNext(command, reply.error(13))
}

const directly = (host: string | undefined) => `mongodb://${host}/?directConnection=true`

async function targetOf(config: MongodbConfig, url: string) {
  await using session = await openAdminSession(config, new Secret(url), readingContext)
  return session.target
}

test('an administrator at another host is at the same set by its id, and without it by its members', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  await using other = await fakeMongodb()
  const config = fakeConfig(fake, { url: directly(fake.hosts[1]) })
  expect(await targetOf(config, directly(fake.hosts[0]))).toEqual({ is: 'same' })
  expect(await targetOf(config, directly(other.hosts[0]))).toMatchObject({ is: 'other' })
  for (const hidden of [fake, other]) hideId(hidden)
  expect(await targetOf(config, directly(fake.hosts[0]))).toEqual({ is: 'same' })
  const elsewhere = await targetOf(config, directly(other.hosts[0]))
  expect(elsewhere).toMatchObject({ is: 'other', found: expect.stringContaining(`members ${other.hosts[0]}`) })
})

test('behind tunnels, two servers with the same name are distinguished by their processes', async () => {
  await using fake = await fakeMongodb()
  await using other = await fakeMongodb()
  for (const each of [fake, other]) {
    hideId(each)
    const processId = new ObjectId()
    each.helloFields = {
      hosts: ['db:27017'],
      me: 'db:27017',
      primary: 'db:27017',
      topologyVersion: { processId, counter: 0n },
    }
  }
  const config = fakeConfig(fake, { url: directly(fake.hosts[0]) })
  expect(await targetOf(config, directly(other.hosts[0]))).toMatchObject({ is: 'other' })
  other.helloFields = fake.helloFields
  expect(await targetOf(config, directly(other.hosts[0]))).toEqual({ is: 'same' })
})

test('an administrator at another router of the cluster is at the same one', async () => {
  await using fake = await fakeMongodb({ shape: 'mongos', nodes: 2 })
  const config = fakeConfig(fake, { url: `mongodb://${fake.hosts[1]}/` })
  await using session = await openAdminSession(config, new Secret(`mongodb://${fake.hosts[0]}/`), readingContext)
  expect(session.target).toEqual({ is: 'same' })
})

test('whether two routers are of one cluster is not known where nobody sees its id', async () => {
  await using fake = await fakeMongodb({ shape: 'mongos', nodes: 2 })
  hideId(fake)
  const config = fakeConfig(fake, { url: `mongodb://${fake.hosts[1]}/` })
  expect(await targetOf(config, `mongodb://${fake.hosts[0]}/`)).toMatchObject({ is: 'unknown' })
})

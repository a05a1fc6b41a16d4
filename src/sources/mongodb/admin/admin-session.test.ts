import { expect, test } from 'vitest'
import { fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { readingContext } from '../../../../test/support/reading.ts'
import { Secret } from '../../../model/secret.ts'
import { openAdminSession } from './admin-session.ts'

test('an administrator at another host is at the same set by its id, and not proven to be without it', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  await using other = await fakeMongodb()
  const config = fakeConfig(fake, { url: `mongodb://${fake.hosts[1]}/?directConnection=true` })
  const targetOf = async (url: string) => {
    await using session = await openAdminSession(config, new Secret(url), readingContext)
    return session.target
  }
  const admin = `mongodb://${fake.hosts[0]}/?directConnection=true`
  expect(await targetOf(admin)).toEqual({ is: 'same' })
  // The user of the source, which has no role yet.
  for (const command of ['replSetGetConfig', 'find']) fake.onNext(command, reply.error(13), 1)
  expect(await targetOf(admin)).toMatchObject({ is: 'unknown', found: expect.stringContaining('only the names') })
  expect(await targetOf(`mongodb://${other.hosts[0]}/?directConnection=true`)).toMatchObject({ is: 'other' })
})

test('an administrator at another router of the cluster is at the same one', async () => {
  await using fake = await fakeMongodb({ shape: 'mongos', nodes: 2 })
  const config = fakeConfig(fake, { url: `mongodb://${fake.hosts[1]}/` })
  await using session = await openAdminSession(config, new Secret(`mongodb://${fake.hosts[0]}/`), readingContext)
  expect(session.target).toEqual({ is: 'same' })
})

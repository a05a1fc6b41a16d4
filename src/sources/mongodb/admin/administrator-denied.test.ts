import { expect, test } from 'vitest'
import { fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { loginUrl, PLAIN_LOGIN } from '../../../../test/support/mongodb-fake/login-url.ts'
import { readingContext } from '../../../../test/support/reading.ts'
import { inDatabase } from '../../../model/fix.ts'
import { Secret } from '../../../model/secret.ts'
import { mongodbConfig } from '../config.ts'
import { openAdminSession } from './admin-session.ts'

const { signal } = new AbortController()

const DENIED = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on admin' }

test("a refusal while the administrator's session opens is reported for the administrator's URL too", async () => {
  await using fake = await fakeMongodb()
  const config = mongodbConfig.parse({ kind: 'mongodb', url: fake.url() })
  const open = async (url: string) => openAdminSession(config, new Secret(url), readingContext, signal)
  fake.answer('saslStart', PLAIN_LOGIN)
  fake.answer('buildInfo', DENIED)
  await expect(open(loginUrl(fake, 'app'))).rejects.toMatchObject({
    code: 'DATABASE_PERMISSION',
    message: expect.stringContaining("the user of the administrator's URL is no administrator"),
  })
  await expect(open(fake.url())).rejects.toMatchObject({
    message: "the administrator's URL has no user, and the server wants a login",
  })
})

test("a privilege that the administrator's URL lacks is reported for that URL, with the roles that an administrator needs", async () => {
  await using fake = await fakeMongodb()
  const config = mongodbConfig.parse({ kind: 'mongodb', url: fake.url() })
  fake.answer('saslStart', PLAIN_LOGIN)
  await using admin = await openAdminSession(config, new Secret(loginUrl(fake, 'app')), readingContext, signal)
  fake.answer('createRole', DENIED)
  const statement = inDatabase(
    'db.getSiblingDB("admin").runCommand({ createRole: "a", privileges: [], roles: [] })',
    'an administrator',
  )
  await expect(admin.run(statement, signal)).rejects.toMatchObject({
    code: 'DATABASE_PERMISSION',
    message: expect.stringContaining("the user of the administrator's URL is no administrator"),
    expected: 'a user with the role root, or with userAdminAnyDatabase and readWriteAnyDatabase',
  })
})

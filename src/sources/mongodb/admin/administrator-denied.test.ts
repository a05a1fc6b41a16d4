import { expect, test } from 'vitest'
import { fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { readingContext } from '../../../../test/support/reading.ts'
import { inDatabase } from '../../../model/fix.ts'
import { Secret } from '../../../model/secret.ts'
import { mongodbConfig } from '../config.ts'
import { openAdminSession } from './admin-session.ts'

const { signal } = new AbortController()

test("a privilege that the administrator's URL lacks is reported for that URL, with the roles that an administrator needs", async () => {
  await using fake = await fakeMongodb()
  const config = mongodbConfig.parse({ kind: 'mongodb', url: fake.url() })
  await using admin = await openAdminSession(config, new Secret(fake.url()), readingContext, signal)
  fake.answer('createRole', { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on admin' })
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

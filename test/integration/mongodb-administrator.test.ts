import { expect, test } from 'vitest'
import { sharedMongodb } from '../support/mongodb.ts'
import { openMongodbShop } from '../support/mongodb-shop.ts'
import { runOffbeat } from '../support/offbeat.ts'

/** `ask` runs `setup --apply` with another path or other parameters in the administrator's URL. */
async function openAdministered() {
  const server = await sharedMongodb({ auth: true })
  const shop = await openMongodbShop(server)
  const [, start = ''] = /^(mongodb:\/\/[^/]+)\//u.exec(server.url('')) ?? []
  const ask = async (rest: string, url = `${start}${rest}`) => {
    const env = { OFFBEAT_ADMIN_URL: url }
    const { code, stdout, stderr } = await runOffbeat(['setup', 'shop', '--apply', '--yes'], {
      cwd: shop.folder.path,
      env,
    })
    return { code, text: `${stdout}${stderr}`.replaceAll(/\s+/gu, ' ') }
  }
  return { start, ask, [Symbol.asyncDispose]: async () => shop[Symbol.asyncDispose]() }
}

test("the path of the administrator's URL is the database in which the administrator is defined", async () => {
  await using administered = await openAdministered()
  const { ask } = administered
  expect(await ask('/admin?directConnection=true')).toMatchObject({ code: 0, text: expect.stringContaining('tried: ') })
  for (const rest of ['/elsewhere?directConnection=true', '/?directConnection=true&authSource=elsewhere']) {
    const { code, text } = await ask(rest)
    expect({ code, text }).toMatchObject({ code: 2, text: expect.stringContaining('DATABASE_PASSWORD_WRONG') })
    expect(text).toContain('the login was tried as a user of the database elsewhere (authSource of the url')
  }
})

test("what is wrong in the administrator's URL is reported for it, not for the URL of the source", async () => {
  await using administered = await openAdministered()
  const { start, ask } = administered
  const set = await ask('/admin?replicaSet=nope')
  expect(set).toMatchObject({ code: 2, text: expect.stringContaining('MONGODB_SET_NAME') })
  expect(set.text).toContain("cannot connect with the administrator's URL (--admin or OFFBEAT_ADMIN_URL): ")
  expect(set.text).toMatch(/do: in OFFBEAT_ADMIN_URL \(or --admin\): mongodb:\/\/\.\.\.\/\?replicaSet=/u)
  expect(set.text).not.toContain('in the configuration')
  const anonymous = await ask('', `${start.replace(/\/\/.*@/u, '//')}/?directConnection=true`)
  expect(anonymous).toMatchObject({ code: 2, text: expect.stringContaining('DATABASE_PERMISSION') })
  expect(anonymous.text).toContain("the administrator's URL has no user, and the server wants a login")
})

import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commandLine } from '../conformance/command-line.ts'
import { MONGODB_STAGE } from '../conformance/mongodb-stage.ts'
import { mongodbMissing } from '../support/mongodb.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const SETUP = MONGODB_STAGE.setup ?? expect.fail('MongoDB has no set-up')

describe.skipIf(mongodbMissing() !== null)('setup --apply of MongoDB', () => {
  test('a new user gets the password of the file, and logs in with it', async () => {
    await using database = await SETUP.open()
    using folder = temporaryFolder()
    const passwordFile = folder.file('password')
    writeFileSync(passwordFile, 'from:a/file\n', { mode: 0o600 })
    const { user, proxy } = database.watched
    const parts = { host: '127.0.0.1', port: proxy.port, user, passwordFile }
    const { url: _, ...entry } = database.entry
    using offbeat = commandLine({ ...database, entry: { ...entry, ...parts } })
    const applied = await offbeat.run('setup', 'shop', '--apply', '--yes')
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: user\n') })
    expect(applied.stdout).toContain(`tried: ${user} can log in and open a change stream`)
    expect(applied.stdout).not.toContain('has no `password`')
  })

  test('a role that exists with less gets what a wider stream needs', async () => {
    await using database = await SETUP.open()
    const { name, admin, user, heartbeat, proxy } = database.watched
    const { collection: table } = heartbeat
    const narrow = { heartbeat: { interval: '1m', source: { mode: 'table', schema: name, table } } }
    using before = commandLine({ ...database, entry: { ...database.entry, ...narrow } })
    expect(await before.run('setup', 'shop', '--apply', '--yes')).toMatchObject({ code: 0 })
    const privileges = async () => {
      const asked = { rolesInfo: { role: `${user}_stream`, db: 'admin' }, showPrivileges: true }
      const { roles } = await admin.db('admin').command(asked)
      return JSON.stringify(roles[0].privileges)
    }
    expect(await privileges()).toContain(`"db":"${name}"`)
    expect(await privileges()).not.toContain('"db":""')
    // SecantusDB gives a connection the roles that its user had at the login.
    proxy.cutAll()
    using after = commandLine(database)
    const applied = await after.run('setup', 'shop', '--apply', '--yes')
    expect(applied, applied.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('done: stream-role\n') })
    expect(await privileges()).toContain('"db":""')
  })
})

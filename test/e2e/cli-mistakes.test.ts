import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A run as a user would start it after a mistake; what is read is what stands on the terminal at the end. */
async function run(folder: string, argv: readonly string[] = ['run', '--until', 'head', '--quiet']) {
  const context = recordingContext({ workingDirectory: folder })
  const code = await runProgram(commandList, argv, context, '1.2.3')
  const lines = context.stderr.text.split('\n').filter((line) => !line.startsWith('{'))
  expect(context.stdout.text).toBe('')
  return { code, text: lines.join('\n') }
}

async function openTestShop(): Promise<Shop> {
  return await openShop(await sharedPostgresql())
}

function changed(shop: Shop, change: (url: URL) => void): string {
  const url = new URL(shop.url)
  change(url)
  return url.href
}

test.each([
  ['host', 'nohost.invalid', 4, 'the host name is unknown'],
  ['port', '127.0.0.1:1', 4, 'connection refused'],
])('a wrong %s', async (_what, host, exit, found) => {
  await using folder = temporaryFolder()
  const url = `postgresql://u:hunter2@${host}/shop`
  const sources = { shop: { kind: 'postgresql', url } }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources, sink: { kind: 'discard' } }))
  const { code, text } = await run(folder.path)
  expect(code).toBe(exit)
  expect(text).toContain(`cannot be reached`)
  expect(text).toContain(found)
  expect(text).toContain('DATABASE_UNREACHABLE')
  expect(text).not.toContain('hunter2')
})

test('a wrong password', async () => {
  await using shop = await openTestShop()
  const url = changed(shop, (one) => {
    one.password = 'hunter2'
  })
  shop.configure({ url })
  const { code, text } = await run(shop.folder.path)
  expect(code).toBe(2)
  expect(text).toContain('refused the password of the user')
  expect(text).toContain('28P01')
  expect(text).not.toContain('hunter2')
})

test('a wrong database', async () => {
  await using shop = await openTestShop()
  const url = changed(shop, (one) => {
    one.pathname = '/nowhere'
  })
  shop.configure({ url })
  const { code, text } = await run(shop.folder.path)
  expect(code).toBe(2)
  expect(text).toContain('has no database nowhere')
  expect(text).toContain('SELECT datname FROM pg_database')
})

test('TLS that the server does not offer', async () => {
  await using shop = await openTestShop()
  shop.configure({ tls: { mode: 'require' } })
  const { code, text } = await run(shop.folder.path)
  expect(code).toBe(2)
  expect(text).toContain('does not offer TLS')
  expect(text).toContain('DATABASE_TLS_REFUSED')
})

test('a user that may not read the log, and one that may not write the heartbeat', async () => {
  await using shop = await openTestShop()
  const role = `weak_${shop.slot}`.slice(0, 63)
  await shop.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'hunter2'`)
  try {
    const url = changed(shop, (one) => {
      one.username = role
      one.password = 'hunter2'
    })
    shop.configure({ url })
    const log = await run(shop.folder.path)
    expect(log.code).toBe(2)
    expect(log.text).toContain(`ALTER ROLE ${role} REPLICATION`)
    const beat = await run(shop.folder.path, ['beat', 'shop'])
    expect(beat.code).toBe(2)
    expect(beat.text).toContain(`GRANT USAGE ON SCHEMA streamkap TO ${role}`)
    // Layer 2 stands apart: without its privilege the stream goes on.
    await shop.sql(`ALTER ROLE ${role} REPLICATION`)
    expect((await run(shop.folder.path)).code).toBe(0)
  } finally {
    await shop.sql(`DROP ROLE ${role}`)
  }
})

test('a folder for the store that is not there', async () => {
  await using shop = await openTestShop()
  shop.configure({}, { kind: 'sqlite', path: 'nofolder/offbeat.db' })
  const { code, text } = await run(shop.folder.path)
  expect(code).toBe(2)
  expect(text).toContain('STORE_UNWRITABLE')
  expect(text).toContain(`mkdir -p ${shop.folder.file('nofolder')}`)
})

test('a store that is not one, or damaged', async () => {
  await using shop = await openTestShop()
  writeFileSync(shop.folder.file('offbeat.db'), 'not a database. '.repeat(512))
  for (const argv of [['run'], ['status'], ['tail', 'shop'], ['offsets', 'list']]) {
    const { code, text } = await run(shop.folder.path, argv)
    expect(code).toBe(2)
    expect(text).toContain('STORE_CORRUPT')
  }
})

test('a store of a newer version', async () => {
  await using shop = await openTestShop()
  await run(shop.folder.path)
  using store = new DatabaseSync(shop.folder.file('offbeat.db'))
  store.exec('PRAGMA user_version = 99')
  const { code, text } = await run(shop.folder.path)
  expect(code).toBe(2)
  expect(text).toContain('STORE_NEWER')
  expect(text).toContain('version 99')
})

test('all mistakes of a file at once, each with its location', async () => {
  await using folder = temporaryFolder()
  const yaml = 'sources:\n  shop:\n    kind: postgresql\n    ur: postgresql://u@h/d\n    heartbeat: { interval: 0 }\n'
  writeFileSync(folder.file('offbeat.yaml'), yaml)
  const { code, text } = await run(folder.path)
  expect(code).toBe(2)
  expect(text).toContain('offbeat.yaml:4:5')
  expect(text).toContain('did you mean url?')
  expect(text).toContain('offbeat.yaml:5:28')
  expect(text).toMatch(/zero or less/u)
})

test('a variable that is not set', async () => {
  await using folder = temporaryFolder()
  const yaml = 'sources:\n  shop:\n    kind: postgresql\n    url: postgresql://u:${SHOP_PASSWORD}@h/d\n'
  writeFileSync(folder.file('offbeat.yaml'), yaml)
  const { code, text } = await run(folder.path)
  expect(code).toBe(2)
  expect(text).toContain('SHOP_PASSWORD')
  expect(text).toContain('offbeat.yaml:4:')
})

test('a word instead of a section is answered with the section', async () => {
  await using folder = temporaryFolder()
  const yaml =
    'sources: { shop: { kind: postgresql, url: "postgresql://u@h/d", heartbeat: { connector: 30s, source: job } } }\n'
  writeFileSync(folder.file('offbeat.yaml'), yaml)
  const text = (await run(folder.path)).text.replaceAll(/\s+/gu, ' ')
  expect(text).toContain('connector is not in the right form; expected a section such as { interval: 1m }, or off')
  expect(text).toContain(
    'source is not in the right form; expected a section such as { mode: table, interval: 1m }, or off',
  )
})

test('a store that is a directory, and one in it is proposed', async () => {
  await using shop = await openTestShop()
  shop.configure({}, { kind: 'sqlite', path: '.' })
  for (const argv of [['run'], ['tail', 'shop'], ['offsets', 'list']]) {
    const { code, text } = await run(shop.folder.path, argv)
    expect({ argv, code }).toEqual({ argv, code: 2 })
    const words = text.replaceAll(/\s+/gu, ' ')
    expect(words).toContain(' is a directory.')
    expect(words).toContain(`a file, such as ${shop.folder.file('offbeat.db')}`)
  }
  expect(existsSync(`${shop.folder.path}-owner`)).toBe(false)
})

test('no configuration file: the smallest one is shown', async () => {
  await using folder = temporaryFolder()
  const { code, text } = await run(folder.path)
  expect(code).toBe(2)
  expect(text).toContain(folder.file('offbeat.yaml'))
  expect(text).toContain('kind: postgresql')
  const named = await run(folder.path, ['--config', 'other.yaml', 'status'])
  expect(named.text).toContain('offbeat init other.yaml')
})

test('a private key that others may read', async () => {
  await using folder = temporaryFolder()
  const files = { cert: folder.file('c.pem'), key: folder.file('k.pem') }
  for (const file of Object.values(files)) writeFileSync(file, 'PEM', { mode: 0o644 })
  const sources = { shop: { kind: 'postgresql', url: 'postgresql://u@127.0.0.1:1/d', tls: files } }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources, sink: { kind: 'discard' } }))
  const read = async () => (await run(folder.path, ['health'])).text.replaceAll(/\s+/gu, ' ')
  const refused = await read()
  expect(refused).toContain('sources.shop.tls.key names a private key that others can read (mode 0644)')
  expect(refused).toContain(`chmod 600 ${files.key}`)
  chmodSync(files.key, 0o600)
  expect(await read()).toContain('SERVER_UNREACHABLE')
})

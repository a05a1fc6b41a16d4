import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

async function openDatabase() {
  const server = await sharedPostgresql()
  const database = await server.createDatabase()
  await server.query(database, 'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE "Odd, one" (id int PRIMARY KEY)')
  return { server, database, url: server.url(database) }
}

/** What was written, as `run` would read it. */
function load(path: string, password: string) {
  return loadConfig({
    path,
    workingDirectory: '/',
    env: { SHOP_PASSWORD: password },
    readFile: async () => readFileSync(path, 'utf8'),
    rightsOf: async () => ({ mode: 0o600, owner: 1000 }),
    registry: SOURCES,
  })
}

it('with flags it asks nothing, inspects the database, and writes a file that loads and has no password', async () => {
  const { server, url } = await openDatabase()
  await using folder = temporaryFolder()
  const args = ['init', 'a.yaml', '--url', url, '--name', 'shop', '--tables', 'orders,public."Odd, one"', '--json']
  const { code, stdout, stderr } = await runOffbeat(args, { cwd: folder.path })
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ source: 'shop', variable: 'SHOP_PASSWORD', next: expect.any(String) })
  expect(stderr).toContain('public.orders')
  const text = readFileSync(folder.file('a.yaml'), 'utf8')
  expect(text).not.toContain(server.password)
  const schema = /^# yaml-language-server: \$schema=(.*)$/mu.exec(text)?.[1] ?? ''
  expect(JSON.parse(readFileSync(schema, 'utf8'))).toMatchObject({ title: expect.stringContaining('Offbeat') })
  const config = await load(folder.file('a.yaml'), 'p@ss/%')
  expect(config.warnings).toEqual([])
  const source = config.sources[0]
  expect(source?.config).toMatchObject({ tables: ['orders', 'public."Odd, one"'], readOnly: false })
  // An administrator inspected it: the connector gets a user of its own.
  expect(source?.config.connection.user).toBe('streamkap_user')
  expect(source?.config.connection.password?.reveal()).toBe('p@ss/%')
})

it('a misspelt table is refused with the one that was meant, and one that is not there yet is noted', async () => {
  const { url } = await openDatabase()
  await using folder = temporaryFolder()
  const init = (tables: string, ...more: string[]) =>
    runOffbeat(['init', '--url', url, '--name', 'shop', '--tables', tables, ...more], { cwd: folder.path })
  for (const wrong of ['public.ordres', 'order', 'pubic.orders', 'orders,"Odd. one"', 'private.orders']) {
    const refused = await init(wrong)
    expect(refused, wrong).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr.replaceAll(/\s+/gu, ' ')).toMatch(/did you mean public\.(orders|"Odd, one")\?/u)
    expect(existsSync(folder.file('offbeat.yaml'))).toBe(false)
  }
  const later = await init('orders,public.invoices')
  expect(later).toMatchObject({ code: 0, stderr: expect.stringContaining('public.invoices matches no table') })
  expect((await init('public.ordres', '--offline', '--force')).code).toBe(0)
})

it('where the usual slot is taken, the file names a free one', async () => {
  const { server, database, url } = await openDatabase()
  await using folder = temporaryFolder()
  const init = async (name: string) => {
    const args = ['init', name, '--url', url, '--name', 'shop', '--tables', 'orders']
    const { code, stderr } = await runOffbeat(args, { cwd: folder.path })
    expect(code, stderr).toBe(0)
    return await load(folder.file(name), 'p')
  }
  await server.query(database, "SELECT pg_create_physical_replication_slot('streamkap_pgoutput_slot')")
  try {
    const slot = `streamkap_${database.replaceAll('-', '_')}_slot`.slice(0, 63)
    expect((await init('a.yaml')).sources[0]?.config).toMatchObject({ slot })
  } finally {
    await server.query(database, "SELECT pg_drop_replication_slot('streamkap_pgoutput_slot')")
  }
})

it('a database that is read only gets the read-only form, a busy one a longer interval', async () => {
  const { server, database, url } = await openDatabase()
  await server.query('postgres', `ALTER DATABASE "${database}" SET default_transaction_read_only = on`)
  await using folder = temporaryFolder()
  const init = (name: string, ...more: string[]) =>
    runOffbeat(['init', name, '--url', url, '--name', 'shop', ...more], { cwd: folder.path })
  expect((await init('a.yaml')).code).toBe(0)
  const quiet = await load(folder.file('a.yaml'), 'x')
  expect(quiet.sources[0]?.config).toMatchObject({ readOnly: true, heartbeat: { source: { mode: 'job' } } })
  await server.query('postgres', `ALTER DATABASE "${database}" RESET default_transaction_read_only`)
  await server.query(database, 'INSERT INTO orders SELECT generate_series(1, 5000)')
  const busy = await waitFor({ until: 'the server counts the rows', everyMs: 100 }, async () => {
    await server.query(database, 'UPDATE orders SET id = id')
    await init('b.yaml', '--force')
    const { sources } = await load(folder.file('b.yaml'), 'x')
    return sources[0]?.config.heartbeat.source.intervalMs === 300_000 ? sources[0].config : null
  })
  expect(busy).toMatchObject({ readOnly: false, heartbeat: { source: { mode: 'table' } } })
})

it('what is there is not overwritten without --force, and what cannot work is said before anything is written', async () => {
  await using folder = temporaryFolder()
  writeFileSync(folder.file('offbeat.yaml'), 'mine')
  const url = 'postgresql://u:hush@127.0.0.1:1/shop'
  const init = (...args: string[]) => runOffbeat(['init', ...args], { cwd: folder.path })
  const there = await init('--url', url, '--offline')
  expect(there).toMatchObject({ code: 2, stderr: expect.stringContaining('CONFIG_EXISTS') })
  expect(readFileSync(folder.file('offbeat.yaml'), 'utf8')).toBe('mine')
  expect((await init('--url', url, '--offline', '--force')).code).toBe(0)
  expect(readFileSync(folder.file('offbeat.yaml'), 'utf8')).toContain('sources:')
  const unreachable = await init('b.yaml', '--url', url)
  expect(unreachable).toMatchObject({ code: 4, stderr: expect.stringContaining('--offline') })
  expect(unreachable.stderr).not.toContain('hush')
  for (const wrong of [
    ['--url', 'oracle://u:hush@h/d'],
    ['--url', 'postgresql://h'],
    ['--url', 'postgresql://u@127.0.0.1:1/shop?password=hush'],
    ['--url', url, '--interval', '0s'],
    [],
  ]) {
    const { code, stderr } = await init('b.yaml', '--offline', ...wrong)
    expect(code, stderr).toBe(2)
    expect(stderr).not.toContain('hush')
  }
  expect(existsSync(folder.file('b.yaml'))).toBe(false)
})

/** `script` of util-linux gives it a terminal of its own. */
function onTerminal(folder: string, args: readonly string[]) {
  const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('/usr/bin/script', ['-qec', words, '/dev/null'], { cwd: folder })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  const ended = once(child, 'close')
  return {
    /** Waits for the question, then types. */
    async answer(question: RegExp, typed: string) {
      await waitFor({ until: `it asks ${question}` }, () => question.test(text))
      text = ''
      child.stdin.write(typed)
    },
    async end(): Promise<{ readonly code: unknown; readonly text: string }> {
      const [code] = await ended
      return { code, text }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
  it('it asks, each question with a default, hides the password, and writes the file', async () => {
    const { server, database } = await openDatabase()
    await using folder = temporaryFolder()
    await using asked = onTerminal(folder.path, ['init'])
    await asked.answer(/Kind of database: postgresql, mysql, mariadb or mongodb/u, '\r')
    await asked.answer(/URL of the database/u, 'nonsense\r')
    const url = `postgresql://${server.user}@${server.host}:${server.port}/${database}`
    await asked.answer(/does not begin with[\s\S]*URL of the database/u, `${url}\r`)
    await asked.answer(/Name of the source.*\[/u, 'shop\r')
    await asked.answer(/Password of/u, `${server.password}\r`)
    await asked.answer(/Tables to watch/u, 'ordres\r')
    await asked.answer(/did you mean public\.orders\?[\s\S]*Tables to watch/u, 'orders\r')
    await asked.answer(/Interval of heartbeats/u, 'often\r')
    await asked.answer(/not a duration[\s\S]*Interval of heartbeats/u, '30s\r')
    await asked.answer(/User of the connector/u, '\r')
    const { code, text } = await asked.end()
    expect(code).toBe(0)
    expect(text).not.toContain(server.password)
    expect(text).toContain('Next: offbeat setup shop')
    const config = await load(folder.file('offbeat.yaml'), 'x')
    expect(config.sources[0]?.config.heartbeat.source.intervalMs).toBe(30_000)
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s at a question ends it cleanly, and nothing is written', async (_name, key) => {
    await using folder = temporaryFolder()
    await using asked = onTerminal(folder.path, ['init', '--offline'])
    await asked.answer(/Kind of database/u, '\r')
    await asked.answer(/URL of the database/u, 'postgresql://u@h/shop\r')
    await asked.answer(/Name of the source/u, key)
    const { code, text } = await asked.end()
    expect(code).toBe(1)
    expect(text).not.toContain('rror')
    expect(existsSync(folder.file('offbeat.yaml'))).toBe(false)
  })
})

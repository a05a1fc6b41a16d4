import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild } from '../support/child.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Into a pipe whose reader has gone before anything is written. */
async function intoNothing(shop: Shop, args: string, env: Readonly<Record<string, string>> = {}) {
  const script = `"$0" "$1" ${args} | :; exit "\${PIPESTATUS[0]}"`
  await using child = startChild('bash', ['-c', script, process.execPath, MAIN], { cwd: shop.folder.path, env })
  const { code, stderr } = await child.ended
  return { code, stderr }
}

test('a reader of the output that goes away ends every command that prints, quietly', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd: shop.folder.path })
  const commands = [
    '--help',
    'support',
    'status',
    'status --json',
    'status --watch --every 100ms',
    'doctor',
    'setup shop',
    'offsets list',
    'offsets show shop --json',
    'history shop',
    'plan shop --pause 60h',
    'tail shop',
  ]
  const noisy: unknown[] = []
  for (const command of commands) {
    const { code, stderr } = await intoNothing(shop, command)
    if (stderr !== '' || (code !== 0 && code !== 1)) noisy.push({ command, code, stderr })
  }
  expect(noisy).toEqual([])
})

test('run says that its consumer closed the pipe, ends with 1, and loses nothing', async () => {
  await using shop = await openShop(await sharedPostgresql())
  shop.configure({}, { kind: 'stdout' })
  // The consumer takes what comes first and dies.
  const script = `"$0" "$1" run | head -n 1 > first.txt; exit "\${PIPESTATUS[0]}"`
  await using running = startChild('bash', ['-c', script, process.execPath, MAIN], { cwd: shop.folder.path })
  await running.output(/slot .*was created/u)
  for (const id of [1, 2]) await shop.sql(`INSERT INTO orders VALUES (${id}, 'tea', 1)`)
  const { code, stderr } = await running.ended
  expect(code, stderr).toBe(1)
  expect(stderr).toMatch(/"level":"error".*"code":"OUTPUT_CLOSED".*standard output was closed by its reader/iu)
  expect(stderr).not.toContain('"msg":"stopped"')
  const again = await runOffbeat(['run', '--until', 'head'], { cwd: shop.folder.path })
  expect(again.code, again.stderr).toBe(0)
  const ids = (await readFile(shop.folder.file('first.txt'), 'utf8')) + again.stdout
  for (const id of [1, 2]) expect(ids).toContain(`"after":{"id":${id},`)
})

test('setup --apply says how far it came when nobody reads any more, and goes on from there the next time', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await shop.sql('DROP SCHEMA streamkap CASCADE; DROP PUBLICATION streamkap_pub')
  const env = { OFFBEAT_ADMIN_URL: shop.url }
  const stopped = await intoNothing(shop, 'setup shop --apply --yes', env)
  expect(stopped.code).toBe(1)
  expect(stopped.stderr).toMatch(
    /^Stopped \(standard output was closed by its reader\) while it was making changes\.\nDone: /u,
  )
  expect(stopped.stderr).toMatch(/\nNot done: .*heartbeat-published.*\. Run it again/u)
  const again = await runOffbeat(['setup', 'shop', '--apply', '--yes'], { cwd: shop.folder.path, env })
  expect(again, again.stderr).toMatchObject({ code: 0, stderr: '' })
})

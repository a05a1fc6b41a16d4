import { existsSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { runOffbeat } from '../support/offbeat.ts'
import { onTerminal, SCRIPT } from '../support/on-terminal.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

const CHANGES = `
  BEGIN; INSERT INTO orders VALUES (1, repeat('long ', 100), 9007199254740993), (2, E'a\\nb\\x1b[2J', 1); COMMIT;
  UPDATE orders SET what = 'coffee' WHERE id = 2;
  ALTER TABLE orders REPLICA IDENTITY FULL;
  UPDATE orders SET what = 'tea' WHERE id = 2;
  DELETE FROM orders WHERE id = 1;
  TRUNCATE orders`

/** With the changes above stored, and no connector running. */
async function openChangedShop(): Promise<Shop> {
  const shop = await openShop(await sharedPostgresql())
  shop.configure({ truncates: true, heartbeat: { interval: '500ms' } })
  await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
  await running.output(/slot .*was created/u)
  await shop.sql(CHANGES)
  const argv = ['tail', 'shop', '--no-heartbeats', '--limit', '6', '--json']
  expect((await runOffbeat(argv, { cwd: shop.folder.path })).stdout.trimEnd().split('\n')).toHaveLength(6)
  await waitFor({ until: 'a heartbeat has a verdict' }, async () => {
    const { stdout } = await runOffbeat(['tail', 'shop', '--idle-exit', '0ms', '--json'], { cwd: shop.folder.path })
    return stdout.includes('"verdict":"')
  })
  running.stop()
  await running.ended
  return shop
}

test.skipIf(!existsSync(SCRIPT))(
  'on a terminal each change is one line that fits, whatever the row holds',
  async () => {
    await using shop = await openChangedShop()
    await using terminal = onTerminal(shop.folder, 'tail shop --idle-exit 0ms', 'stty rows 24 cols 80; ')
    const { output } = await terminal.end()
    const lines = stripVTControlCharacters(output).split(/\r+\n/u)
    const changes = lines.filter((line) => line.includes('public.orders'))
    const plain = changes.map((line) => line.replace(/^\S+ \S+ {2}(?:tx \d+| +) +/u, '').replace(/x{4}.*/u, ''))
    expect(plain).toEqual([
      expect.stringMatching(/^public\.orders {2}insert {2}id=1 {2}what="long .*…/u),
      expect.stringMatching(/^public\.orders {2}insert {2}id=2 {2}what="a\\nb\\u/u),
      expect.stringMatching(/^public\.orders {2}update {2}id=2 {2}what="coffee"/u),
      expect.stringMatching(/^public\.orders {2}update {2}id=2 {2}what="coffee"→"tea"$/u),
      expect.stringMatching(/^public\.orders {2}delete {2}id=1 {2}what="long/u),
      'public.orders  truncate',
    ])
    // A transaction of two rows, and one of what was sent to the server after it in one query.
    expect(changes.map((line) => line.includes('  tx '))).toEqual([true, false, true, false, false, false])
    expect(lines.some((line) => /^\S+ \S+ {2}heartbeat {2}offset [\dA-F]+\/[\dA-F]+ verdict /u.test(line))).toBe(true)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  },
)

test('--no-heartbeats, --since and --key choose among the messages of a real run', async () => {
  await using shop = await openChangedShop()
  const tail = async (...args: string[]) => {
    const argv = ['tail', 'shop', '--idle-exit', '0ms', '--json', ...args]
    const { stdout } = await runOffbeat(argv, { cwd: shop.folder.path })
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
  }
  const topics = new Set((await tail()).map(({ topic }) => topic))
  expect(topics).toEqual(new Set(['__offbeat_heartbeat', 'shop.public.orders']))
  expect((await tail('--no-heartbeats', '--since', '1h')).map(({ value }) => value.op)).toEqual([
    'c',
    'c',
    'u',
    'u',
    'd',
    't',
  ])
  expect((await tail('--key', '2')).map(({ value }) => value.op)).toEqual(['c', 'u', 'u'])
  expect((await tail('--key', '{"id": 1}')).map(({ value }) => value.op)).toEqual(['c', 'd'])
  expect(await tail('--no-heartbeats', '--since', '0ms')).toEqual([])
})

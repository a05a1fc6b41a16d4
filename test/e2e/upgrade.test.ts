import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { SCHEMA_VERSION } from '../../src/sqlite/schema.ts'
import { batchOf, numbered, offsetAt } from '../conformance/sample-batch.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { openStore } from '../support/open-store.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop } from '../support/shop.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/**
 * A store as the first release left it when it was killed: 42 messages, one of them a tombstone and one a heartbeat, five more of a
 * transaction that it did not live to finish, the offset 0/3000 moved by commit, pulse and progress, two pulses, a sample, a verdict, a
 * status. Never created again: what is kept here is what the earlier code wrote.
 */
function firstStore(path: string): void {
  const packed = readFileSync(new URL('../fixtures/store-of-first-release.db.gz', import.meta.url))
  writeFileSync(path, gunzipSync(packed))
}

function versionOf(path: string): number {
  using db = new DatabaseSync(path, { readOnly: true })
  return Number(db.prepare('pragma user_version').get()?.['user_version'])
}

test('a store of the first release is carried forward with all that is in it, and written on', async () => {
  using folder = temporaryFolder()
  const path = folder.file('offbeat.db')
  firstStore(path)
  expect(versionOf(path)).toBe(1)
  await using store = await openStore(path)
  expect(versionOf(path)).toBe(SCHEMA_VERSION)
  const signal = new AbortController().signal
  await using lane = await store.sink().claim('shop', signal)
  expect(lane.offset).toMatchObject({ position: '0/3000', moved: { by: 'progress' } })
  expect(lane.offset?.memory).toEqual({ columns: { 'public.orders': ['id', 'größe'] } })
  await lane.write(batchOf(numbered('shop.public.orders', 41, 2), offsetAt('0/4000')), signal)
  const query = { source: 'shop', topic: null }
  const ids: unknown[] = []
  const options = { from: 'beginning' as const, wait: () => Promise.resolve(false) }
  for await (const { topic, value } of store.reader.tail(query, options)) {
    if (topic === 'shop.public.orders' && value !== null) ids.push(JSON.parse(value.toString()).after.id)
  }
  expect(ids).toEqual(Array.from({ length: 42 }, (_, index) => index + 1))
  const { history } = store.journal
  expect((await history.ledger('shop', 10)).map(({ by, to }) => `${by} ${to}`)).toEqual([
    'commit 0/4000',
    'progress 0/3000',
    'pulse 0/2000',
    'commit 0/1000',
  ])
  expect(await history.pulses('shop', 0)).toHaveLength(2)
  expect(await history.samples('shop', 0)).toMatchObject([{ heldBytes: 4096n }])
  expect(await history.verdicts('shop', 0)).toMatchObject([{ to: 'idle' }])
  expect((await history.status('shop'))?.status.counts.changes).toBe(41)
})

test('a table whose topic has a new name since the first release is named with both, once, and loses nothing', async () => {
  await using shop = await openShop(await sharedPostgresql())
  const cwd = shop.folder.path
  const toHead = async () => {
    const run = await runOffbeat(['run', '--until', 'head', '--log-level', 'warn'], { cwd })
    expect(run.code, run.stderr).toBe(0)
    return run.stderr
  }
  await shop.sql('CREATE TABLE "заказ" (id int PRIMARY KEY)')
  await toHead()
  await shop.sql('INSERT INTO "заказ" VALUES (1)')
  await toHead()
  const [formerly, topic] = ['shop.public._____', 'shop.public._u437_u430_u43a_u430_u437']
  renameTopic(shop.folder.file('offbeat.db'), topic, formerly)
  await shop.sql('INSERT INTO "заказ" VALUES (2)')
  const said = await toHead()
  expect(said).toContain('TOPIC_RENAMED')
  expect(said).toContain(`"formerly":"${formerly}","topic":"${topic}"`)
  await shop.sql('INSERT INTO "заказ" VALUES (3)')
  expect(await toHead()).not.toContain('TOPIC_RENAMED')
  const keysOf = async (name: string) => {
    const { stdout } = await runOffbeat(['tail', 'shop', '--topic', name, '--idle-exit', '100ms', '--json'], { cwd })
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).key)
  }
  expect(await keysOf(formerly)).toEqual([{ id: 1 }])
  expect(await keysOf(topic)).toEqual([{ id: 2 }, { id: 3 }])
})

/** The first release named topics otherwise, and stored them as today. */
function renameTopic(path: string, from: string, to: string): void {
  using db = new DatabaseSync(path)
  for (const table of ['chunk', 'topic']) {
    expect(db.prepare(`update ${table} set topic = ? where topic = ?`).run(to, from).changes).toBe(1)
  }
}

test('run goes on with a store of the first release, and its messages are still there', async () => {
  await using shop = await openShop(await sharedPostgresql())
  firstStore(shop.folder.file('offbeat.db'))
  const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot, heartbeat: { interval: '1s' } }
  writeFileSync(
    shop.folder.file('offbeat.yaml'),
    JSON.stringify({ sources: { fresh: entry, shop: { ...entry, slot: 'of_old' } } }),
  )
  const cwd = shop.folder.path
  const run = await runOffbeat(['run', '--sources', 'fresh', '--until', 'head', '--quiet'], { cwd })
  expect(run.code, run.stderr).toBe(0)
  const tail = await runOffbeat(['tail', 'shop', '--idle-exit', '100ms', '--json'], { cwd })
  expect(tail.stdout.trimEnd().split('\n')).toHaveLength(42)
  const history = await runOffbeat(['offsets', 'show', 'shop', '--json'], { cwd })
  expect(JSON.parse(history.stdout)).toMatchObject({ offset: { position: '0/3000' } })
  // Another server than the one it was of: refused by name, not started again.
  const other = await runOffbeat(['run', '--sources', 'shop', '--until', 'head', '--quiet'], { cwd })
  expect(other.code).not.toBe(0)
  expect(other.stderr).toMatch(/[A-Z]+(?:_[A-Z0-9]+)+/u)
})

import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { batchOf, numbered, offsetAt } from '../../test/conformance/sample-batch.ts'
import { openStore } from '../../test/support/open-store.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import type { Store } from './store.ts'

const signal = new AbortController().signal
const orders = 'shop.public.orders'
const HOUR_MS = 3_600_000

function kept(store: Store): number {
  return store.reader.topics('shop').find(({ topic }) => topic === orders)?.messages ?? 0
}

describe('retention', () => {
  it('deletes the oldest messages beyond the count, in whole chunks, and never what is not yet visible', async () => {
    using folder = temporaryFolder()
    await using store = await openStore(folder.file('offbeat.db'), { retain: { ageMs: null, messages: 250 } })
    await using lane = await store.sink().claim('shop', signal)
    for (let i = 0; i < 100; i++) {
      await lane.write(batchOf(numbered(orders, i * 10, 10), offsetAt(`0/${i}`)), signal)
    }
    await lane.write(batchOf(numbered(orders, 1000, 500), null), signal)
    await store.tidy()
    // The 500 messages that are not visible yet fit into the topic's limit, and are kept.
    await waitFor({ until: 'only what is not visible is left' }, () => (kept(store) === 500 ? true : null))
    await lane.write(batchOf(numbered(orders, 1500, 10), offsetAt('0/200')), signal)
    await store.tidy()
    using db = new DatabaseSync(folder.file('offbeat.db'), { readOnly: true })
    await waitFor({ until: 'the visible ones are cut' }, () => (kept(store) <= 510 ? true : null))
    const rows = db.prepare('select key from message order by seq').all()
    expect(rows.at(-1)).toEqual({ key: '{"id":1509}' })
    expect(rows.length).toBe(kept(store))
  })

  it('deletes what is older than the age, with the positions and history that belong to it', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    const options = { clock, retain: { ageMs: 24 * HOUR_MS, messages: null } }
    await using store = await openStore(folder.file('offbeat.db'), options)
    await using lane = await store.sink().claim('shop', signal)
    const sample = { server: null, headPosition: '0/1', writtenBytes: 2n ** 63n, heldBytes: null, lagBytes: 0n }
    await store.journal.append([{ type: 'sample', source: 'shop', sample: { ...sample, atMs: clock.nowMs() } }])
    await lane.write(batchOf(numbered(orders, 0, 10), offsetAt('0/1', 'commit', clock.nowMs())), signal)
    clock.advance(100 * 24 * HOUR_MS)
    await store.journal.append([{ type: 'sample', source: 'shop', sample: { ...sample, atMs: clock.nowMs() } }])
    await lane.write(batchOf(numbered(orders, 10, 5), offsetAt('0/2', 'commit', clock.nowMs())), signal)
    await store.tidy()
    using db = new DatabaseSync(folder.file('offbeat.db'), { readOnly: true })
    const counts =
      db.prepare(`select (select sum(messages) from topic) as kept, (select count(*) from message) as messages,
      (select count(*) from visibility) as positions, (select count(*) from ledger) as moves, (select count(*) from sample) as samples`)
    const expected = { kept: 5, messages: 5, positions: 1, moves: 1, samples: 1 }
    await waitFor({ until: `the store has ${JSON.stringify(expected)}` }, () =>
      JSON.stringify(counts.get()) === JSON.stringify(expected) ? true : null,
    )
    expect(await store.journal.history.samples('shop', 0)).toEqual([{ ...sample, atMs: clock.nowMs() }])
  })

  it('keeps every sample of the last hour, then one a minute, then one in ten minutes, the first of each run', async () => {
    using folder = temporaryFolder()
    const clock = new VirtualClock()
    await using store = await openStore(folder.file('offbeat.db'), { clock })
    await using _ = await store.sink().claim('shop', signal)
    const run = (agoMs: number) => ({ system: 's', run: agoMs > 10 * HOUR_MS ? 'before' : 'after' })
    const entries = Array.from({ length: 24 * 120 }, (_, index) => {
      const agoMs = (24 * 120 - index) * 30_000
      const figures = { writtenBytes: BigInt(index), heldBytes: null, lagBytes: null }
      const sample = { atMs: clock.nowMs() - agoMs, server: run(agoMs), headPosition: '0/1', ...figures }
      return { type: 'sample', source: 'shop', sample } as const
    })
    await store.journal.append(entries)
    await store.tidy()
    const kept = await waitFor({ until: 'the old ones are thinned' }, async () => {
      const samples = await store.journal.history.samples('shop', 0)
      return samples.length <= 120 + 300 + 108 ? samples : null
    })
    const between = (fromH: number, toH: number) =>
      kept.filter(({ atMs }) => clock.nowMs() - atMs > fromH * HOUR_MS && clock.nowMs() - atMs <= toH * HOUR_MS).length
    expect([between(0, 1), between(1, 6), between(6, 24)]).toEqual([120, 300, 108])
    expect(kept.map(({ server }) => server?.run).indexOf('before')).toBeGreaterThan(0)
    expect(kept.at(-1)?.writtenBytes).toBe(0n)
  })

  it('keeps the file and its log bounded under load', async () => {
    using folder = temporaryFolder()
    const path = folder.file('offbeat.db')
    await using store = await openStore(path, { retain: { ageMs: null, messages: 20_000 } })
    await using lane = await store.sink().claim('shop', signal)
    const value = `{"text":"${'x'.repeat(380)}"}`
    const samples = numbered(orders, 0, 1000).map((sample) => ({ ...sample, value }))
    let logBytes = 0
    for (let i = 0; i < 400; i++) {
      await lane.write(batchOf(samples, offsetAt(`0/${i}`)), signal)
      logBytes = Math.max(logBytes, statSync(`${path}-wal`).size)
    }
    // 160 MB were written. What remains is the log of a few checkpoints, the retained messages, and those not checked yet.
    expect(logBytes).toBeLessThan(64 * 1024 * 1024)
    expect(statSync(path).size).toBeLessThan(100 * 1024 * 1024)
  })
})

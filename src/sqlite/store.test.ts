import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { batchOf, numbered, offsetAt, SAMPLE_TS_MS, type Sample } from '../../test/conformance/sample-batch.ts'
import { openStore } from '../../test/support/open-store.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { inShell } from '../model/fix.ts'
import { StoreReader } from './store-reader.ts'

const signal = new AbortController().signal
const orders = 'shop.public.orders'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('opening a store', () => {
  it('says which directory is missing', async () => {
    using folder = temporaryFolder()
    await expect(openStore(folder.file('no/where.db'))).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      message: expect.stringContaining('does not exist'),
      fix: [inShell(expect.stringContaining('mkdir -p'))],
    })
  })

  it('says that the path is a directory', async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.file('offbeat.db'))
    await expect(openStore(folder.file('offbeat.db'))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' })
  })

  it('refuses a file that is no database, and leaves it as it is', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.file('offbeat.db'), 'sources:\n  shop:\n    kind: postgresql\n'.repeat(100))
    await expect(openStore(folder.file('offbeat.db'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(() => StoreReader.open(folder.file('offbeat.db'))).toThrow(
      expect.objectContaining({ code: 'STORE_CORRUPT' }),
    )
  })

  it('for reading says that there is none yet', () => {
    using folder = temporaryFolder()
    expect(() => StoreReader.open(folder.file('offbeat.db'))).toThrow(
      expect.objectContaining({ code: 'STORE_MISSING' }),
    )
    writeFileSync(folder.file('offbeat.db'), '')
    expect(() => StoreReader.open(folder.file('offbeat.db'))).toThrow(
      expect.objectContaining({ code: 'STORE_MISSING' }),
    )
  })
})

describe('a store', () => {
  it('promise 13: leaves no log, lock or worker behind, and disposing it twice is harmless', async () => {
    using folder = temporaryFolder()
    const store = await openStore(folder.file('offbeat.db'))
    const lane = await store.sink().claim('shop', signal)
    const write = lane.write(batchOf(numbered(orders, 0, 10), offsetAt('0/1')), signal)
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await lane[Symbol.asyncDispose]()
    await write
    expect(readdirSync(folder.path).sort()).toEqual(['offbeat.db', 'offbeat.db-owner'])
    await expect(lane.write(batchOf([], offsetAt('0/2')), signal)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker')).toEqual([])
  })

  it('shows messages by hand, exactly as delivered', async () => {
    using folder = temporaryFolder()
    const path = folder.file('offbeat.db')
    await using store = await openStore(path)
    await using lane = await store.sink().claim('shop', signal)
    const deep = `${'['.repeat(3000)}${']'.repeat(3000)}`
    const samples: Sample[] = [
      { topic: orders, key: '{"id":9223372036854775807}', value: '{"n":12345678901234567890.10, "e":1.0E2}' },
      { topic: 'shop.public.other', key: '"größe 𝒳"', value: null },
      { topic: orders, key: null, value: 'null' },
      { topic: orders, key: '1', value: deep },
    ]
    await lane.write(batchOf(samples.slice(0, 2), null), signal)
    await lane.write(batchOf(samples.slice(2), offsetAt('0/1')), signal)
    await lane.write(batchOf(numbered(orders, 0, 3), null), signal)
    using db = new DatabaseSync(path, { readOnly: true })
    expect(db.prepare('select topic, key, value from message order by seq').all()).toEqual(samples)
    expect(db.prepare('select distinct source, position, ts_ms from message').all()).toEqual([
      { source: 'shop', position: '0/1', ts_ms: SAMPLE_TS_MS },
    ])
    expect(db.prepare('select seq from message where topic = ?').all(orders)).toEqual([
      { seq: 1 },
      { seq: 3 },
      { seq: 4 },
    ])
  })

  it('tails one topic from the beginning, and follows', async () => {
    using folder = temporaryFolder()
    await using store = await openStore(folder.file('offbeat.db'))
    await using lane = await store.sink().claim('shop', signal)
    await lane.write(batchOf([...numbered('other', 0, 3), ...numbered(orders, 0, 2)], offsetAt('0/1')), signal)
    let waits = 0
    const wait = async (): Promise<boolean> => {
      if (++waits > 1) return false
      await lane.write(batchOf(numbered(orders, 2, 2), offsetAt('0/2')), signal)
      return true
    }
    const tail = store.reader.tail({ source: 'shop', topic: orders }, { from: 'beginning', wait })
    const seen = (await all(tail)).map(({ seq, key, position }) => ({ seq, key, position }))
    expect(seen).toEqual([
      { seq: 4, key: '{"id":0}', position: '0/1' },
      { seq: 5, key: '{"id":1}', position: '0/1' },
      { seq: 6, key: '{"id":2}', position: '0/2' },
      { seq: 7, key: '{"id":3}', position: '0/2' },
    ])
    const now = store.reader.tail({ source: 'shop', topic: null }, { from: 'now', wait: async () => false })
    expect(await all(now)).toEqual([])
  })

  it('promise 4: the operator’s word fences the lane, drops what was not visible, and is in the ledger', async () => {
    using folder = temporaryFolder()
    await using store = await openStore(folder.file('offbeat.db'))
    await using lane = await store.sink().claim('shop', signal)
    await lane.write(batchOf(numbered(orders, 0, 2), offsetAt('0/9')), signal)
    await lane.write(batchOf(numbered(orders, 2, 2), null), signal)
    await store.setOffset('shop', offsetAt('0/5', 'operator'))
    expect(store.reader.offset('shop')?.position).toBe('0/5')
    await expect(lane.write(batchOf([], offsetAt('0/A')), signal)).rejects.toMatchObject({ code: 'FENCED' })
    await store.resetOffset('shop', 'start again')
    expect(store.reader.offset('shop')).toBeNull()
    await store.setOffset('new', offsetAt('0/1', 'operator'))
    expect(store.reader.sources()).toEqual(['new', 'shop'])
    expect(store.reader.topics('shop')).toEqual([{ topic: orders, messages: 2 }])
    expect(await store.journal.history.ledger('shop', 10)).toMatchObject([
      { by: 'operator', from: '0/5', to: null, why: 'start again' },
      { by: 'operator', from: '0/9', to: '0/5' },
      { by: 'commit', from: null, to: '0/9' },
    ])
  })

  it('that is full says so, changes nothing, and goes on when there is room', async () => {
    using folder = temporaryFolder()
    const path = folder.file('offbeat.db')
    {
      await using store = await openStore(path, { maxBytes: 1024 * 1024 })
      await using lane = await store.sink().claim('shop', signal)
      await lane.write(batchOf(numbered(orders, 0, 100), offsetAt('0/1')), signal)
      const tooMuch = lane.write(batchOf(numbered(orders, 100, 30_000), offsetAt('0/2')), signal)
      await expect(tooMuch).rejects.toMatchObject({ code: 'STORE_FULL', retry: true })
      await using again = await store.sink().claim('shop', signal)
      expect(again.offset?.position).toBe('0/1')
      await again.write(batchOf(numbered(orders, 100, 10), offsetAt('0/2')), signal)
    }
    await using roomy = await openStore(path)
    await using lane = await roomy.sink().claim('shop', signal)
    await lane.write(batchOf(numbered(orders, 110, 30_000), offsetAt('0/3')), signal)
    const tail = roomy.reader.tail({ source: 'shop', topic: null }, { from: 'beginning', wait: async () => false })
    expect((await all(tail)).map(({ key }) => key)).toEqual(numbered(orders, 0, 30_110).map(({ key }) => key))
  })

  it('leaves the event loop free however long a commit takes', async () => {
    using folder = temporaryFolder()
    await using store = await openStore(folder.file('offbeat.db'))
    await using lane = await store.sink().claim('shop', signal)
    using other = new DatabaseSync(folder.file('offbeat.db'))
    other.exec('begin immediate')
    let stored = false
    const write = lane.write(batchOf(numbered(orders, 0, 1000), offsetAt('0/1')), signal).then(() => {
      stored = true
    })
    let ticks = 0
    await waitFor({ until: 'fifty timers have run', everyMs: 2 }, () => ++ticks >= 50)
    expect(stored).toBe(false)
    other.exec('rollback')
    await write
  })

  it('holds up the event loop for less than 50 ms while the benchmark’s load is stored', async () => {
    using folder = temporaryFolder()
    await using store = await openStore(folder.file('offbeat.db'), { retain: { ageMs: null, messages: 50_000 } })
    await using lane = await store.sink().claim('shop', signal)
    const value = `{"after":{"text":"${'x'.repeat(380)}"},"op":"c"}`
    const samples = numbered(orders, 0, 1000).map((sample) => ({ ...sample, value }))
    await lane.write(batchOf(samples, offsetAt('0/0')), signal)
    using turns = watchTurns()
    for (let i = 1; i <= 300; i++) await lane.write(batchOf(samples, offsetAt(`0/${i}`)), signal)
    expect(turns.longestMs()).toBeLessThan(50)
  })
})

/** Measured in CPU time of this thread, so that other load does not make a turn of the event loop longer. */
function watchTurns() {
  const usedMs = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let longestMs = 0
  let lastMs = usedMs()
  let next = setImmediate(turn)
  function turn(): void {
    const nowMs = usedMs()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    next = setImmediate(turn)
  }
  return { longestMs: () => longestMs, [Symbol.dispose]: () => clearImmediate(next) }
}

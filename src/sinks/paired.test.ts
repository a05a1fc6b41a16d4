import { expect, it } from 'vitest'
import { batchOf, numbered, offsetAt } from '../../test/conformance/sample-batch.ts'
import { openStore } from '../../test/support/open-store.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Batch } from '../model/message.ts'
import { paired } from './paired.ts'
import type { Outlet } from './sink.ts'

const signal = new AbortController().signal

it('promise 1: an offset is stored only after the delivery of what it covers, and not at all when that fails', async () => {
  using folder = temporaryFolder()
  await using store = await openStore(folder.file('offbeat.db'))
  const outlet = new GatedOutlet()
  await using sink = paired(outlet, store.offsets())
  await using lane = await sink.claim('shop', signal)

  const write = lane.write(batchOf(numbered('t', 0, 1), offsetAt('0/1')), signal)
  // The store handles requests in order, so an offset sent earlier would be stored by now.
  await store.tidy()
  expect(store.reader.offset('shop')).toBeNull()
  outlet.delivery.resolve()
  await write
  expect(store.reader.offset('shop')?.position).toBe('0/1')

  outlet.delivery = Promise.withResolvers()
  const failing = lane.write(batchOf(numbered('t', 1, 1), offsetAt('0/2')), signal)
  outlet.delivery.reject(new Error('gone'))
  await expect(failing).rejects.toThrow('gone')
  await store.tidy()
  expect(store.reader.offset('shop')?.position).toBe('0/1')
})

/** Delivers when the test allows it. */
class GatedOutlet implements Outlet {
  delivery = Promise.withResolvers<void>()

  async deliver(_batch: Batch): Promise<void> {
    await this.delivery.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

import { expect, it } from 'vitest'
import type { Probe } from '../sources/source.ts'
import { ProbeHolder } from './probe-holder.ts'

const probe: Probe = {
  inspect: () => Promise.reject(new Error('not asked for')),
  async [Symbol.asyncDispose]() {
    // Nothing is open.
  },
}

it('who stops waiting for a probe leaves the opening to the others', async () => {
  const opening = Promise.withResolvers<Probe>()
  await using holder = new ProbeHolder(() => opening.promise)
  const other = holder.get()
  const stop = new AbortController()
  const stopped = holder.get(stop.signal)
  stop.abort(new Error('stopped'))
  await expect(stopped).rejects.toThrow('stopped')
  opening.resolve(probe)
  expect(await other).toBe(probe)
})

it('an opening that failed is tried again at the next need', async () => {
  let tries = 0
  await using holder = new ProbeHolder(() =>
    tries++ === 0 ? Promise.reject(new Error('first')) : Promise.resolve(probe),
  )
  await expect(holder.get()).rejects.toThrow('first')
  expect(await holder.get(new AbortController().signal)).toBe(probe)
})

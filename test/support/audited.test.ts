import { expect, test } from 'vitest'
import { type Audited, type DeliveredChange, expectAllDelivered, Sightings, type Step } from './audited.ts'

const COMMITTED = ['1 c', '1 c', '2 c', '2 u']

/** A table whose store shows the first of these changes. */
function shown(steps: readonly Step[], count: () => number): Audited {
  const changes: DeliveredChange[] = steps.map((step, at) => ({ seq: at + 10, step, id: '1', pad: 'x' }))
  return {
    folder: { path: '' },
    storePath: '',
    committed: async () => COMMITTED,
    changes: (afterSeq = -1) => changes.slice(0, count()).filter(({ seq }) => seq > afterSeq),
    delivered: () => steps.slice(0, count()),
    rows: async () => ['1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'],
    connect: () => Promise.reject(new Error('nobody writes')),
    insert: () => Promise.reject(new Error('nobody writes')),
    async [Symbol.asyncDispose]() {
      // Nothing was opened.
    },
  }
}

function seen(steps: readonly Step[], counts: readonly number[]): Promise<void> {
  let count = 0
  const audited = shown(steps, () => count)
  const sightings = new Sightings(audited)
  for (count of counts) sightings.see()
  return expectAllDelivered(audited, sightings)
}

test('what is seen may end after each transaction, and not within one', async () => {
  await seen(COMMITTED, [0, 2, 2, 4])
  await expect(seen(COMMITTED, [2, 3, 4])).rejects.toThrow()
  await expect(seen(COMMITTED, [1, 4])).rejects.toThrow()
})

test('a change lost, repeated or moved is found', async () => {
  for (const steps of [COMMITTED.slice(0, 3), [...COMMITTED, '2 u'], ['1 c', '1 c', '2 u', '2 c']])
    await expect(seen(steps, [steps.length])).rejects.toThrow()
})

test('a change that was seen and is gone afterwards is found', async () => {
  await expect(seen([...COMMITTED.slice(0, 2), '3 c', ...COMMITTED.slice(2)], [3, 5])).rejects.toThrow()
})

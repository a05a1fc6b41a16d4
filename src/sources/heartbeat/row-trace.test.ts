import { expect, test } from 'vitest'
import type { Silence } from '../source.ts'
import { RowTrace } from './row-trace.ts'

const { signal } = new AbortController()

/** Observes the row at each time with each version, and returns what was reported. */
async function observed(rows: readonly (readonly [atMs: number, version: string])[], intervalMs = 60_000) {
  let version = ''
  const silence = (found: string): Silence => ({ found, fix: [] })
  const trace = new RowTrace<null>({
    row: { version: async () => version },
    cause: { still: async () => silence('still'), unseen: async () => silence('unseen') },
    intervalMs,
  })
  const found: (string | null)[] = []
  for (const [atMs, now] of rows) {
    version = now
    found.push((await trace.observe(null, atMs, signal))?.found ?? null)
  }
  return found
}

test('a row that keeps its version for an interval stands still, and one with another version changes', async () => {
  const still = await observed([
    [0, 'a'],
    [30_000, 'a'],
    [60_000, 'a'],
    [90_000, 'a'],
    [120_000, 'a'],
  ])
  expect(still).toEqual([null, null, 'still', null, 'still'])
  const unseen = await observed([
    [0, 'a'],
    [30_000, 'b'],
    [60_000, 'b'],
  ])
  expect(unseen).toEqual([null, 'unseen', null])
})

test('a row that changed and then stopped stands still', async () => {
  const found = await observed([
    [0, 'a'],
    [30_000, 'b'],
    [60_000, 'b'],
    [90_000, 'b'],
    [120_000, 'b'],
    [150_000, 'b'],
    [180_000, 'b'],
  ])
  expect(found.filter((each) => each !== null)).toEqual(['unseen', 'unseen', 'unseen', 'still'])
})

test('what was observed in an earlier silence does not count', async () => {
  const found = await observed([
    [0, 'a'],
    [200_000, 'b'],
    [230_000, 'b'],
    [260_000, 'b'],
  ])
  expect(found).toEqual([null, null, null, 'still'])
})

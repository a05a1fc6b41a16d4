import { expect, test } from 'vitest'
import { RecentEntries } from './recent-entries.ts'

test('entries that were used last are kept, however many others come', () => {
  const entries = new RecentEntries<number, string>(100)
  entries.set(-1, 'used again and again')
  for (let i = 0; i < 10_000; i++) {
    entries.set(i, `entry ${i}`)
    expect(entries.get(-1)).toBe('used again and again')
    if (i >= 45) expect(entries.get(i - 45)).toBe(`entry ${i - 45}`)
    expect(entries.size).toBeLessThanOrEqual(200)
  }
  expect(entries.get(1)).toBeUndefined()
})

test('a value that was set again replaces the older one', () => {
  const entries = new RecentEntries<string, number>(2)
  for (const [key, value] of [
    ['a', 1],
    ['b', 1],
    ['c', 1],
    ['a', 2],
  ] as const)
    entries.set(key, value)
  expect(entries.get('a')).toBe(2)
  entries.clear()
  expect([entries.get('a'), entries.size]).toEqual([undefined, 0])
})

import { expect, test } from 'vitest'
import { chart } from './chart.ts'

const size = { width: 8, height: 2, limit: 16, unicode: true }

test('grows from the bottom, full at the limit', () => {
  expect(chart([0, 1, 4, 8, 12, 16], size)).toEqual(['    ▄█  ', ' ▁▄███  '])
})

test('what is above zero shows, and what is above the limit stays inside', () => {
  expect(chart([0.001, 1000], size)).toEqual([' █      ', '▁█      '])
})

test('more values than columns are squeezed, each column the largest of its share', () => {
  const values = Array.from({ length: 80 }, (_, i) => (i === 15 ? 16 : 0))
  expect(chart(values, size)).toEqual([' █      ', ' █      '])
})

test('without block characters', () => {
  expect(chart([0, 8, 16], { ...size, height: 1, unicode: false })).toEqual([' :|     '])
})

import { expect, test } from 'vitest'
import { fitted, widthOf } from './text-width.ts'

test.each([
  ['tea', 3],
  ['чай', 3],
  ['日本', 4],
  ['é', 1],
  ['😀!', 3],
  ['', 0],
])('%s takes %i columns', (text, width) => {
  expect(widthOf(text)).toBe(width)
})

test.each([
  ['orders', 6, 'orders'],
  ['orders', 5, 'orde…'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['orders', 0, ''],
])('%s in %i columns is %s', (text, width, shown) => {
  expect(fitted(text, width)).toBe(shown)
  expect(widthOf(fitted(text, width))).toBeLessThanOrEqual(width)
})

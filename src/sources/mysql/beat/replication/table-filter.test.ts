import { expect, test } from 'vitest'
import { leavesOut, likePattern, NO_FILTERS } from './table-filter.ts'

const ORDERS = { database: 'shop', name: 'orders' }

test.each([
  [{}, false],
  [{ doDatabases: ['shop'] }, false],
  [{ doDatabases: ['other'] }, true],
  [{ ignoreDatabases: ['shop'] }, true],
  [{ doDatabases: ['shop'], ignoreDatabases: ['shop'] }, false],
  [{ doTables: ['shop.orders'], ignoreTables: ['shop.orders'] }, false],
  [{ ignoreTables: ['shop.orders'] }, true],
  [{ doTables: ['shop.items'] }, true],
  [{ wildDoTables: ['sh%.o_ders'], wildIgnoreTables: ['shop.%'] }, false],
  [{ wildIgnoreTables: ['shop.%'] }, true],
  [{ wildIgnoreTables: ['sho\\%.%'] }, false],
  [{ wildDoTables: ['shop.items'] }, true],
])('the rules %j leave out a table: %s', (rules, isLeftOut) => {
  expect(leavesOut({ ...NO_FILTERS, ...rules }, ORDERS)).toBe(isLeftOut)
})

test('a pattern of LIKE is no regular expression', () => {
  expect(['a.b', 'axb', 'a\nb'].map((text) => likePattern('a.b').test(text))).toEqual([true, false, false])
  expect(likePattern('100\\_%').test('100_x')).toBe(true)
})

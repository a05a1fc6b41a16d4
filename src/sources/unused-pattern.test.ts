import { expect, test } from 'vitest'
import { TABLE_WORDS } from '../model/data-words.ts'
import { MONGODB_DEFAULTS } from './mongodb/config.ts'
import { unusedPatterns } from './unused-pattern.ts'

const WATCHING = { tables: ['shop.orders', 'shop.order'], exclude: [] }

test.each([
  [['schema', 'name'], ', in the schemas shop', 'schema.table'],
  [['database', 'name'], ', in the databases stock', 'database.table'],
] as const)('a table that is named by %j is searched for there', (levels, found, form) => {
  const tables = [{ database: 'stock', schema: 'shop', name: 'items' }]
  const [first] = unusedPatterns(WATCHING, tables, { levels, words: TABLE_WORDS })
  expect(first?.details).toMatchObject({
    pattern: 'shop.orders',
    found: `1 table${found}`,
    expected: expect.stringContaining(`${form}, with`),
  })
})

test('what is no table is called as its database calls it', () => {
  const [first] = unusedPatterns(WATCHING, [], MONGODB_DEFAULTS)
  expect(first?.details).toMatchObject({
    found: '0 collections, in the databases (none)',
    expected: expect.stringContaining('database.collection, with'),
  })
})

test('the table that was meant is proposed', () => {
  const tables = [{ database: 'shop', schema: null, name: 'orders' }]
  expect(unusedPatterns(WATCHING, tables, { levels: ['database', 'name'], words: TABLE_WORDS })).toMatchObject([
    { details: { pattern: 'shop.order', meant: 'shop.orders' } },
  ])
})

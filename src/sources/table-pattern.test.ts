import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesTable, parseTablePattern, tableEntry, tableFilter, watchedBy } from './table-pattern.ts'

function fits(text: string, ...path: string[]): boolean {
  const { pattern } = parseTablePattern(text, 2)
  if (pattern === null) throw new Error(`not a pattern: ${text}`)
  return matchesTable(pattern, path)
}

test.each([
  ['public.orders', 'public', 'orders', true],
  ['public.orders', 'public', 'Orders', false],
  ['public.orders', 'sales', 'orders', false],
  ['public.order', 'public', 'orders', false],
  ['sales.*', 'sales', 'orders', true],
  ['sales.*', 'sales2', 'orders', false],
  ['*.orders', 'any', 'orders', true],
  ['s*s.o*d*s', 'sales', 'orders', true],
  ['s*s.o*d*s', 's', 'orders', false],
  ['public.*a*a', 'public', 'aa', true],
  ['public.*a*a', 'public', 'a', false],
  ['public.a**', 'public', 'a', true],
  ['"sales.*"."Or ""ders"', 'sales.*', 'Or "ders', true],
  ['"*".orders', 'sales', 'orders', false],
  ['orders', 'sales', 'orders', true],
  ['orders', 'orders', 'items', false],
  ['*', 'sales', 'orders', true],
  ['größe.*', 'größe', '表', true],
])('%s and %s.%s: %s', (pattern, schema, table, expected) => {
  expect(fits(pattern, schema, table)).toBe(expected)
})

test.each([
  ['', 0, 'empty'],
  ['public.', 7, 'empty'],
  ['.orders', 0, 'empty'],
  ['a..b', 2, 'empty'],
  ['"".b', 0, 'empty'],
  ['a."b', 2, 'not closed'],
  ['a."b""', 2, 'not closed'],
  ['"a"b.c', 3, 'a dot must follow'],
  ['a.b"c"', 3, 'beginning of a part'],
  ['a. b', 2, 'space'],
  ['a .b', 1, 'space'],
  ['a.b.c', 4, 'more than 2 parts'],
])('the mistake in %j is at %i: %s', (text, at, words) => {
  const { mistake } = parseTablePattern(text, 2)
  expect(mistake?.at).toBe(at)
  expect(mistake?.message).toContain(words)
})

test('a quoted name fits its table alone', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' })
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(name, name, name, (schema, table, other) => {
      const pattern = `${quoted(schema)}.${quoted(table)}`
      expect(fits(pattern, schema, table)).toBe(true)
      expect(fits(pattern, schema, other)).toBe(other === table)
    }),
  )
})

test('a part with stars fits as the same regular expression does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 8 })
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
  fc.assert(
    fc.property(letters, name, (part, table) => {
      const expected = new RegExp(`^${part.replaceAll('*', '.*')}$`).test(table)
      expect(fits(`s.${part}`, 's', table)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

test('no patterns: all tables; exclude wins', () => {
  expect(tableFilter([], [])('any', 'table')).toBe(true)
  const filter = tableFilter(['sales.*', 'public.orders'], ['sales.audit*'])
  expect(filter('sales', 'orders')).toBe(true)
  expect(filter('public', 'orders')).toBe(true)
  expect(filter('public', 'items')).toBe(false)
  expect(filter('sales', 'audit_log')).toBe(false)
})

const source = { mode: 'table', by: null, intervalMs: 1, schema: 's', table: 'h', deliver: false } as const
const watching = (deliver: boolean) => ({
  tables: [],
  exclude: ['shop.audit'],
  heartbeat: { connector: null, source: { ...source, deliver } },
})

test('a table is watched by the parts of its name, and the heartbeat table only where it is delivered', () => {
  const ofDatabase = watchedBy(watching(false), ['database', 'name'])
  expect(ofDatabase({ database: 'shop', name: 'orders' })).toBe(true)
  expect(ofDatabase({ database: 'shop', name: 'audit' })).toBe(false)
  expect(ofDatabase({ database: 's', name: 'h' })).toBe(false)
  expect(ofDatabase({ database: 'shop', name: 'h' })).toBe(true)
  expect(watchedBy(watching(true), ['database', 'name'])({ database: 's', name: 'h' })).toBe(true)
  const ofSchema = watchedBy(watching(false), ['schema', 'name'])
  expect(ofSchema({ schema: 's', name: 'h' })).toBe(false)
  expect(watchedBy(watching(false), ['name'])({ name: 'h' })).toBe(false)
})

test('a pattern that was never checked is refused with its location', () => {
  expect(() => tableFilter(['a.'], [])).toThrow('the table pattern a. is wrong at character 3: a part is empty')
})

test('the pattern of a table fits that table, whatever its name', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' })
  fc.assert(
    fc.property(name, name, (schema, table) => {
      const { pattern } = parseTablePattern(tableEntry([schema, table]), 2)
      expect(pattern !== null && matchesTable(pattern, [schema, table])).toBe(true)
    }),
  )
})

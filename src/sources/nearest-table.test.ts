import { expect, it } from 'vitest'
import { nearestTable, unmatchedAmong, unmatchedEntries } from './nearest-table.ts'
import { parseTablePattern } from './table-pattern.ts'

const LEVELS = ['schema', 'name'] as const
const tables = [
  { schema: 'public', name: 'customers' },
  { schema: 'public', name: 'orders' },
  { schema: 'sales', name: 'orders_2024' },
  { schema: 'sales', name: 'invoices' },
  { schema: 'Legacy', name: 'Order Items' },
  { schema: 'public', name: 'a' },
  { schema: 'public', name: 'Заказ' },
]

it.each([
  ['public.costumers', 'public.customers'],
  ['public.Customers', 'public.customers'],
  ['pubilc.customers', 'public.customers'],
  ['costumers', 'public.customers'],
  ['public.order', 'public.orders'],
  ['public.invoices', 'sales.invoices'],
  ['legacy."order items"', 'Legacy."Order Items"'],
  ['sales.order_2024', 'sales.orders_2024'],
  ['public.заказы', 'public.Заказ'],
  ['public.A', 'public.a'],
])('%s was meant to be %s', (wanted, meant) => {
  expect(nearestTable(wanted, tables, LEVELS)).toBe(meant)
  expect(parseTablePattern(meant, 2).mistake).toBeNull()
})

it.each(['public.payments', 'public.b', 'public.cust*', 'warehouse.order'])('%s is near nothing', (wanted) => {
  expect(nearestTable(wanted, tables, LEVELS)).toBeNull()
})

it('a database without schemas', () => {
  expect(nearestTable('costumers', [{ name: 'customers' }], ['name'])).toBe('customers')
})

it('a table of which the database is a part of the name, with its dots', () => {
  const collections = [
    { database: 'shop', schema: null, name: 'orders.eu' },
    { database: 'stock', schema: null, name: 'items' },
  ]
  const levels = ['database', 'name'] as const
  expect(nearestTable('shop."order.eu"', collections, levels)).toBe('shop."orders.eu"')
  expect(nearestTable('shop.items', collections, levels)).toBe('stock.items')
  const unmatched = [{ entry: 'shop.items', meant: 'stock.items' }]
  expect(unmatchedEntries(['shop.*', 'shop.items'], collections, levels)).toEqual(unmatched)
  expect(unmatchedAmong(['shop.*', 'shop.items'], ['shop."orders.eu"', 'stock.items'])).toEqual(unmatched)
})

it('a part above the name is near as the name is', () => {
  const tables = [{ database: 'shop', schema: 'dbo', name: 'orders' }]
  const levels = ['database', 'schema', 'name'] as const
  expect(nearestTable('shpo.dbo.orders', tables, levels)).toBe('shop.dbo.orders')
  expect(nearestTable('dbo.order', tables, levels)).toBe('shop.dbo.orders')
  expect(nearestTable('other.place.order', tables, levels)).toBeNull()
})

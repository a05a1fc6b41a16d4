import { expect, it } from 'vitest'
import { nearestTable } from './nearest-table.ts'
import { parseTablePattern } from './table-pattern.ts'

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
  expect(nearestTable(wanted, tables)).toBe(meant)
  expect(parseTablePattern(meant).mistake).toBeNull()
})

it.each(['public.payments', 'public.b', 'public.cust*', 'warehouse.order', 'public.'])(
  '%s is near nothing',
  (wanted) => {
    expect(nearestTable(wanted, tables)).toBeNull()
  },
)

it('a database without schemas', () => {
  expect(nearestTable('costumers', [{ schema: null, name: 'customers' }])).toBe('customers')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TableVersion } from '../model/table.ts'
import { TopicNames, topicOf } from './topic.ts'

function table(schema: string | null, name: string): TableVersion {
  return { database: 'shop', schema, name, columns: [] }
}

test('a topic is source, schema and table', () => {
  expect(topicOf('shop', table('public', 'orders'))).toBe('shop.public.orders')
})

test('a database without schemas gives its own name', () => {
  expect(topicOf('eu', table(null, 'orders'))).toBe('eu.shop.orders')
})

test('a character outside A-Za-z0-9_- becomes _u and its code point, also beyond the basic plane', () => {
  expect(topicOf('shop', table('my schema', 'Bestellung.ä😀'))).toBe('shop.my_u20schema.Bestellung_u2e_ue4_u1f600')
})

test('tables in other scripts have topics of their own', () => {
  const names = new TopicNames('shop')
  const tables = ['заказ', 'товар', '订单', '客户', '注文', 'παραγγελία', 'πελάτης', 'طلب', 'عميل', 'a b', 'a.b', 'a_b']
  expect(new Set(tables.map((name) => names.of(table('public', name)))).size).toBe(tables.length)
  expect(names.of(table('схема', '订单'))).toBe('shop._u441_u445_u435_u43c_u430._u8ba2_u5355')
})

test('a long name keeps its start and ends in a hash that tells it from others', () => {
  const one = topicOf('shop', table('public', `${'x'.repeat(300)}1`))
  const other = topicOf('shop', table('public', `${'x'.repeat(300)}2`))
  expect(one).toHaveLength(249)
  expect(one.slice(0, 200)).toBe(other.slice(0, 200))
  expect(one).not.toBe(other)
})

test('every topic is one that Kafka takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (schema, name) => {
      expect(topicOf('shop', table(schema, name))).toMatch(/^[A-Za-z0-9._-]{1,249}$/)
    }),
  )
})

test('two tables that would share a topic are refused, both named', () => {
  const names = new TopicNames('shop')
  names.of(table('public', 'a b'))
  expect(names.of(table('public', 'a b'))).toBe('shop.public.a_u20b')
  expect(() => names.of(table('public', 'a_u20b'))).toThrowError(
    expect.objectContaining({ code: 'TOPIC_CLASH', found: 'shop.public.a b and shop.public.a_u20b' }),
  )
})

test('a table whose messages are in the topic as 0.1.0 named it has moved, once', () => {
  const names = new TopicNames('shop')
  const orders = table('public', 'заказ')
  const moved = { formerly: 'shop.public._____', topic: 'shop.public._u437_u430_u43a_u430_u437' }
  expect(names.renamed(orders, new Set([moved.formerly, 'shop.public.stock']))).toEqual(moved)
  expect(names.renamed(orders, new Set([moved.formerly, 'shop.public.stock']))).toBeNull()
  const fresh = new TopicNames('shop')
  expect(fresh.renamed(orders, new Set([moved.formerly, moved.topic]))).toBeNull()
  expect(fresh.renamed(orders, new Set(['shop.public.stock']))).toBeNull()
  expect(names.renamed(table('public', 'stock'), new Set(['shop.public.stock']))).toBeNull()
})

test('a topic that is another table’s is not one that a table has left', () => {
  const names = new TopicNames('shop')
  names.of(table('public', 'a_b'))
  expect(names.renamed(table('public', 'a b'), new Set(['shop.public.a_b']))).toBeNull()
})

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

test('a character outside A-Za-z0-9_- becomes one underscore, also beyond the basic plane', () => {
  expect(topicOf('shop', table('my schema', 'Bestellung.ä😀'))).toBe('shop.my_schema.Bestellung___')
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
  expect(names.of(table('public', 'a b'))).toBe('shop.public.a_b')
  expect(() => names.of(table('public', 'a_b'))).toThrowError(
    expect.objectContaining({ code: 'TOPIC_CLASH', found: 'shop.public.a b and shop.public.a_b' }),
  )
})

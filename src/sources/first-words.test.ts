import { expect, test } from 'vitest'
import { firstWords } from './first-words.ts'

test.each([
  ["UPDATE orders SET note = 'secret'", 'UPDATE orders SET note'],
  ["INSERT INTO public.orders VALUES (1, 'secret')", 'INSERT INTO public.orders VALUES'],
  ["SELECT 'secret'", 'SELECT'],
  ['SELECT 4711', 'SELECT'],
  ['DELETE FROM t WHERE id=4711', 'DELETE FROM t WHERE id'],
  ["ALTER ROLE app PASSWORD 'secret'", 'ALTER ROLE app PASSWORD'],
  ['/* secret */ SELECT 1', ''],
  ['-- secret\nSELECT 1', ''],
  ['SELECT $$secret$$', 'SELECT'],
  ["SELECT E'secret'", 'SELECT'],
  ['select a b c d e f g h', 'select a b c d e'],
  ['', ''],
])('promise 12: of %s only plain words are named', (statement, words) => {
  expect(firstWords(statement)).toBe(words)
})

import { expect, test } from 'vitest'
import { keyFilter } from './key-filter.ts'

test.each([
  ['7', '{"id":7}', true],
  ['7', '{"id":"7"}', true],
  ['"7"', '{"id":"7"}', true],
  ['"7"', '{"id":7}', false],
  ['7', '{"id":70}', false],
  ['7', '{"id":7,"region":"eu"}', false],
  ['{"id": 7}', '{"id":7}', true],
  ['{"id": 7}', '{"other":7}', false],
  ['{"region":"eu","id":7}', '{"id":7,"region":"eu"}', true],
  ['{"id":7}', '{"id":7,"region":"eu"}', false],
  // A double would make them the same number.
  ['9007199254740993', '{"id":9007199254740993}', true],
  ['9007199254740993', '{"id":9007199254740992}', false],
  ['two words', '{"name":"two words"}', true],
  ['true', '{"flag":true}', true],
  ['true', '{"flag":"true"}', true],
  ['null', '{"name":"null"}', true],
  ['[1, 2]', '{"pair":[1,2]}', true],
  ['', '{"name":""}', true],
  ['shop', '"shop"', true],
  ['"{x"', '{"name":"{x"}', true],
])('--key %s of the message %s: %s', (wanted, key, matches) => {
  expect(keyFilter(wanted)(key)).toBe(matches)
})

test('an object that is not valid JSON is refused', () => {
  expect(() => keyFilter('{id: 7}')).toThrow('--key begins like a JSON object and is not valid JSON.')
})

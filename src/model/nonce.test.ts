import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeNonce, parseNonce } from './nonce.ts'

test('a nonce is read back as it was made, whatever the name of the source', () => {
  const id = fc.stringMatching(/^[0-9a-z-]+$/)
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), id, (source, id) => {
      expect(parseNonce(makeNonce(source, id))).toEqual({ source, id })
    }),
  )
})

test.each([
  '',
  'test_heartbeat',
  'offbeat',
  'offbeat:',
  'offbeat:shop',
  'offbeat::1',
  'offbeat:shop:',
  'OFFBEAT:shop:1',
])('no nonce: %j', (text) => {
  expect(parseNonce(text)).toBeNull()
})

import { expect, test } from 'vitest'
import { tokenOf } from '../../../../test/support/change-stream-reply.ts'
import { KeyStringToken } from './key-string-token.ts'
import { compareTokens, isKeyString } from './token-order.ts'

/** The token in the middle of a reply, and the reply. */
function inReply(data: string) {
  const bytes = Buffer.from(`before${data}after`)
  return { bytes, token: KeyStringToken.at(bytes, 6, 6 + data.length) }
}

function tokenAt(data: string): KeyStringToken {
  const { token } = inReply(data)
  if (token === null) throw new Error(`${data} is not a key string`)
  return token
}

const TEXTS = [tokenOf(1), `${tokenOf(1)}2B`, tokenOf(1, 2), tokenOf(1, 16), tokenOf(2, 1, 7), tokenOf(256)]

test('tokens have the order of their texts, whether they are read or not', () => {
  for (const a of TEXTS) {
    for (const b of TEXTS) {
      const order = Math.sign(TEXTS.indexOf(a) - TEXTS.indexOf(b))
      const kept = tokenAt(b)
      kept.keep()
      for (const other of [tokenAt(b), kept, { form: 'data', text: b } as const])
        expect(Math.sign(compareTokens(tokenAt(a), other) ?? Number.NaN)).toBe(order)
    }
  }
})

test('a token that was kept does not depend on the reply', () => {
  const { bytes, token } = inReply(tokenOf(5))
  token?.keep()
  bytes.fill(0)
  expect(token).toMatchObject({ form: 'data', text: tokenOf(5) })
})

test('a token that only begins like a key string is kept whole as a document', () => {
  const odd = tokenAt(`${tokenOf(5)}xyz`)
  expect(odd).toMatchObject({ form: 'document', text: `{"_data":"${tokenOf(5)}xyz"}` })
  expect(isKeyString(odd)).toBe(false)
})

test.each([
  ['of another version', '81000000010000000100'],
  ['that is too short', '8200000001000001'],
  ['in small letters', '82aaaaaaaaaaaaaaaa00'],
  ['of another server, a BSON document of 0x82 bytes', `82000000${'10'.repeat(126)}`],
])('a token %s is none', (_what, data) => {
  expect(inReply(data).token).toBeNull()
})

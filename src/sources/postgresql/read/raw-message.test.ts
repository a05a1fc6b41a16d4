import { expect, test } from 'vitest'
import type { RawMessage } from '../../raw-log.ts'
import { RawMessages } from './raw-message.ts'

test('what the server does not send of a transaction ends behind the beginning of its commit record', () => {
  const begin = Buffer.alloc(21)
  begin.write('B')
  begin.writeBigUInt64BE(0x1_0000_0a28n, 1)
  begin.writeUInt32BE(745, 17)
  const received: RawMessage[] = []
  const messages = new RawMessages((message) => received.push(message))
  messages.take(begin)
  messages.leaveOut()
  expect(received).toMatchObject([
    { transaction: '745', begins: true, end: null },
    { transaction: '745', begins: false, change: null, end: { position: '1/A30' }, bytes: Buffer.alloc(0) },
  ])
})

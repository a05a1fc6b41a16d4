import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import type { Clock } from '../../model/clock.ts'
import { LSN_POSITIONS } from './position.ts'
import { ReplicationStream } from './replication.ts'

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: () => Promise.reject(new Error('not used')),
}

function message(kind: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(kind)
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

test('promise 2: what comes in one piece with the consent to stream is not left out', async () => {
  const consent = message('W', Buffer.from([0, 0, 0]))
  const data = message('d', Buffer.concat([Buffer.from('w'), Buffer.alloc(24), Buffer.from('first')]))
  const server = createServer((peer) => {
    peer.once('data', () => peer.write(Buffer.concat([consent, data, data])))
    peer.on('error', () => undefined).on('end', () => peer.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const target = { host: '127.0.0.1', port, database: 'd', user: 'u', tls: 'disable' } as const
  const start = {
    slot: 's',
    publication: 'p',
    from: LSN_POSITIONS.parse('0/10'),
    walSenderTimeoutMs: 0,
    messages: false,
  }
  await once(socket, 'connect')
  const stream = new ReplicationStream(socket, target, start, clock)
  await stream.begin()
  expect([stream.next(), stream.next(), stream.next()]).toEqual(['data', 'data', null])
  await stream[Symbol.asyncDispose]()
  server.close()
  await once(server, 'close')
})

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { letPass } from '../../../../test/support/wait-for.ts'
import { systemClock } from '../../../cli/program/system-clock.ts'
import { asOffbeatError } from '../../../model/error.ts'
import { mysqlConfig } from '../config.ts'
import { targetOf } from '../connect/mysql-target.ts'
import { BinlogStream } from './binlog-stream.ts'
import { fileDump, registration } from './dump-command.ts'

const HEARTBEAT_MS = 30

function packet(number: number, ...bytes: readonly number[]): Buffer {
  return Buffer.from([bytes.length, 0, 0, number, ...bytes])
}

it('a server that searches in silence is not taken for dead; one that has begun and is silent is', async () => {
  const accepted = Promise.withResolvers<Socket>()
  const server = createServer((socket) => accepted.resolve(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const config = mysqlConfig.parse({ kind: 'mysql', host: '127.0.0.1', port, user: 'u' })
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const peer = await accepted.promise
  await using stream = new BinlogStream(socket, targetOf({ host: '127.0.0.1', port }, config), {
    command: fileDump({ file: 'b.000001', position: 4 }, 7),
    registration: registration('offbeat shop', 7),
    heartbeatMs: HEARTBEAT_MS,
    clock: systemClock,
  })
  const begun = stream.begin()
  // The answer to the registration is not the beginning of the log.
  peer.write(packet(1, 0, 0, 0, 2, 0, 0, 0))
  await letPass(10 * HEARTBEAT_MS)
  peer.write(packet(1, 0, 65, 66, 67))
  expect(await begun).toBe(true)
  expect(await stream.take()).toBe(true)
  expect(stream.next()).toBe(true)
  expect(stream.bytes.toString('latin1', stream.start, stream.end)).toBe('ABC')
  expect(stream.next()).toBe(false)
  stream.expectHeartbeats()
  const error = await stream.take().then(() => expect.fail('it went on'), asOffbeatError)
  expect(error).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', retry: true })
  peer.destroy()
  server.close()
})

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Clock } from '../../../model/clock.ts'
import { POSTGRESQL_SERVER } from '../connect/postgresql-target.ts'
import { LSN_POSITIONS } from '../position.ts'
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

const CONSENT = message('W', Buffer.from([0, 0, 0]))

/** A stream from a peer that consents and then answers as `peer` says. */
async function openStream(
  peer: (socket: Socket, statuses: number) => void,
  about: { clock?: Clock; timeoutMs?: number },
) {
  let statuses = 0
  const server = createServer((socket) => {
    socket.once('data', () => {
      peer(socket, 0)
      socket.on('data', () => peer(socket, ++statuses))
    })
    socket.on('error', () => undefined).on('end', () => socket.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const target = {
    product: POSTGRESQL_SERVER,
    host: '127.0.0.1',
    port,
    database: 'd',
    user: 'u',
    tls: 'disable',
  } as const
  const from = LSN_POSITIONS.parse('0/10')
  const start = {
    slot: 's',
    publication: 'p',
    from,
    acknowledged: from,
    walSenderTimeoutMs: about.timeoutMs ?? 0,
    messages: false,
    binary: false,
  }
  const stream = new ReplicationStream(socket, target, start, about.clock ?? clock)
  await stream.begin()
  return {
    stream,
    statuses: () => statuses,
    async [Symbol.asyncDispose]() {
      await stream[Symbol.asyncDispose]()
      server.close()
      await once(server, 'close')
    },
  }
}

test('promise 2: what comes in one piece with the consent to stream is not left out', async () => {
  const data = message('d', Buffer.concat([Buffer.from('w'), Buffer.alloc(24), Buffer.from('first')]))
  const sent = Buffer.concat([CONSENT, data, data])
  await using opened = await openStream((socket, statuses) => statuses === 0 && socket.write(sent), {})
  const { stream } = opened
  expect([stream.next(), stream.next(), stream.next()]).toEqual(['data', 'data', null])
})

test('a machine that was asleep for an hour takes it for no silence of the server', async () => {
  let asleepMs = 0
  const keepalive = message('d', Buffer.concat([Buffer.from('k'), Buffer.alloc(17)]))
  await using opened = await openStream((socket, statuses) => socket.write(statuses === 0 ? CONSENT : keepalive), {
    clock: { ...clock, monotonicMs: () => performance.now() + asleepMs },
    timeoutMs: 60,
  })
  const { stream, statuses } = opened
  const end = AbortSignal.timeout(60_000)
  const taken = async (count: number) => {
    while (statuses() < count && !end.aborted && (await stream.take())) {
      for (let got = stream.next(); got !== null; ) got = stream.next()
    }
  }
  await taken(2)
  asleepMs = 3_600_000
  await taken(6)
  expect(statuses()).toBeGreaterThanOrEqual(6)
})

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededFaults, startTcpProxy } from './tcp-proxy.ts'
import { waitFor } from './wait-for.ts'

const DATA = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))

let port = 0
const server = createServer((socket: Socket) => {
  socket.on('error', () => undefined).end(DATA)
})

beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

afterEach(async () => {
  server.close()
  await once(server, 'close')
})

async function receive(at: number): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  const socket = connect(at, '127.0.0.1').on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => undefined)
  await once(socket, 'close')
  return chunks
}

test('passes everything when there is no fault', async () => {
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port })
  expect(Buffer.concat(await receive(proxy.port)).equals(DATA)).toBe(true)
  expect(proxy.passed().down).toBe(DATA.length)
})

test('cuts after exactly so many bytes, and lets the next connection through', async () => {
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port }, [{ direction: 'down', at: 1234, does: 'cut' }])
  expect(Buffer.concat(await receive(proxy.port))).toHaveLength(1234)
  expect(Buffer.concat(await receive(proxy.port))).toHaveLength(DATA.length)
  expect(proxy.connections()).toBe(2)
})

test('splits and delays without losing a byte', async () => {
  const faults = [0, 1, 7, 500].map((at) => ({ direction: 'down' as const, at, does: 'split' as const }))
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port }, [
    ...faults,
    { direction: 'down', at: 900, does: 'delay', delayMs: 20 },
  ])
  const chunks = await receive(proxy.port)
  expect(Buffer.concat(chunks).equals(DATA)).toBe(true)
  expect(chunks[0]).toHaveLength(1)
  expect(proxy.pending()).toEqual([])
})

test('swallows until changed', async () => {
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port })
  proxy.swallow(true)
  const received = receive(proxy.port)
  await waitFor({ until: 'the connection is taken' }, () => proxy.connections() === 1)
  expect(proxy.passed().down).toBe(0)
  proxy.swallow(false)
  expect(Buffer.concat(await received)).toHaveLength(DATA.length)
})

test('the same seed gives the same faults', () => {
  expect(seededFaults(7, 5, 1000)).toEqual(seededFaults(7, 5, 1000))
  expect(seededFaults(7, 5, 1000)).not.toEqual(seededFaults(8, 5, 1000))
})

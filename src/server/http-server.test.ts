import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { ask, openHttpBoard, SAMPLE, statusOf } from '../../test/support/http-board.ts'
import { silentLog } from '../../test/support/silent-log.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { asOffbeatError } from '../model/error.ts'
import { HttpServer } from './http-server.ts'
import type { Site } from './site.ts'

const TOKEN = 'a-token-of-some-length'
const PATHS = ['/metrics', '/api/status', '/api/sources/shop', '/api/sources/shop/history', '/api/events', '/nowhere']

it('lives from the start, is ready when every connector streams, and names those that do not', async () => {
  await using http = await openHttpBoard()
  expect(await ask(`${http.url}/healthz`)).toMatchObject({ status: 200, body: '{"status":"ok"}\n' })
  http.board.streaming('shop')
  http.board.retrying('stock', 'DATABASE_UNREACHABLE', { code: 'DATABASE_UNREACHABLE', message: 'no way there' })
  const waiting = await ask(`${http.url}/readyz`)
  expect(waiting.status).toBe(503)
  expect(JSON.parse(waiting.body)).toMatchObject({
    ready: false,
    sources: [{ name: 'stock', state: 'retrying', code: 'DATABASE_UNREACHABLE', message: 'no way there' }],
  })
  http.board.streaming('stock')
  expect(await ask(`${http.url}/readyz`)).toMatchObject({ status: 200, body: '{"ready":true,"sources":[]}\n' })
})

it('tells the status of every source, and of one with its connector and its log', async () => {
  await using http = await openHttpBoard()
  const status = statusOf('shop', { verdict: 'flowing' })
  http.board.journaled({ type: 'status', source: 'shop', status, atMs: 1 })
  http.board.journaled({ type: 'sample', source: 'shop', sample: SAMPLE })
  const all = JSON.parse((await ask(`${http.url}/api/status`)).body)
  expect(all).toMatchObject({
    version: 1,
    sources: [{ ...status, lost: null }, { name: 'stock' }],
    starting: ['stock'],
  })
  http.board.failed('shop', { code: 'POSTGRES_SLOT_MISSING', message: 'gone', lost: { evidence: [] } })
  const one = JSON.parse((await ask(`${http.url}/api/sources/shop`)).body)
  expect(one).toMatchObject({
    judged: true,
    source: { name: 'shop', lost: { code: 'POSTGRES_SLOT_MISSING', evidence: [] } },
    connector: { state: 'failed', error: { message: 'gone' } },
    log: { at: '2026-01-01T00:00:00.000Z', headPosition: '0/2', heldBytes: 16_777_216, lagBytes: 7 },
  })
})

it.each([
  ['POST', '/api/status', {}, 405, 'METHOD_REFUSED'],
  ['DELETE', '/nowhere', {}, 405, 'METHOD_REFUSED'],
  ['GET', '/../etc/passwd', {}, 404, 'NOT_FOUND'],
  ['GET', '/api/sources/%73hop', {}, 404, 'NOT_FOUND'],
  ['GET', '/api/sources/other', {}, 404, 'SOURCE_UNKNOWN'],
  ['GET', '/api/sources/shop/history?since=8d', {}, 503, 'STORE_CLOSED'],
  ['GET', '/api/status', { host: 'evil.example' }, 403, 'HOST_REFUSED'],
  ['GET', '/healthz', { host: 'evil.example:7070' }, 403, 'HOST_REFUSED'],
  ['GET', '/api/status', { host: '127.0.0.1.evil.example' }, 403, 'HOST_REFUSED'],
  ['GET', '/api/status', { 'content-length': '1' }, 400, 'BODY_REFUSED'],
])('%s %s with %j is answered with %d %s as JSON', async (method, path, headers, status, code) => {
  await using http = await openHttpBoard()
  const body = 'content-length' in headers ? 'x' : ''
  const answer = await ask(`${http.url}${path}`, { method, headers, ...(body === '' ? {} : { body }) })
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.body)).toMatchObject({ version: 1, error: { code, message: expect.any(String) } })
  expect(answer.headers['content-type']).toContain('application/json')
})

it.each(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:7070', 'LOCALHOST.'])(
  'on loopback Host: %s is taken',
  async (host) => {
    await using http = await openHttpBoard()
    expect((await ask(`${http.url}/api/status`, { headers: { host } })).status).toBe(200)
  },
)

it('HEAD has the headers alone, and nothing may be kept or read by another page', async () => {
  await using http = await openHttpBoard()
  const answer = await ask(`${http.url}/api/status`, { method: 'HEAD' })
  expect(answer).toMatchObject({ status: 200, body: '' })
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
})

it('with a token configured, only liveness and readiness are answered without it', async () => {
  await using http = await openHttpBoard({ host: '0.0.0.0', token: TOKEN })
  const headersOf = (value: string) => ({ authorization: value })
  for (const path of PATHS) {
    for (const wrong of [
      '',
      'Bearer',
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Bearer ${TOKEN.slice(0, -1)}`,
      'Bearer a',
      TOKEN,
    ]) {
      const { status, body, headers } = await ask(`${http.url}${path}`, { headers: headersOf(wrong) })
      expect({ path, wrong, status }).toEqual({ path, wrong, status: 401 })
      expect(headers['www-authenticate']).toBe('Bearer realm="offbeat"')
      expect(body).not.toContain('shop')
    }
  }
  expect((await ask(`${http.url}/healthz`)).status).toBe(200)
  expect(await ask(`${http.url}/readyz`)).toMatchObject({ status: 503, body: '{"ready":false}\n' })
  const right = headersOf(`Bearer ${TOKEN}`)
  expect((await ask(`${http.url}/readyz`, { headers: right })).body).toContain('shop')
  // When not listening on loopback, any host name is accepted.
  const named = await ask(`${http.url}/api/status`, { headers: { ...right, host: 'offbeat.example' } })
  expect(named.status).toBe(200)
  expect(named.body).not.toContain(TOKEN)
})

it('what is no HTTP, or too much of it, is refused as JSON and the connection ended', async () => {
  await using http = await openHttpBoard()
  const { port } = new URL(http.url)
  for (const [sent, status] of [
    ['hello\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n\r\n', 400],
  ] as const) {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    socket.write(sent)
    await once(socket, 'close')
    expect(text.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
  }
})

it('an address that is in use, not permitted or missing is named with the key that changes it', async () => {
  await using http = await openHttpBoard()
  const port = Number(new URL(http.url).port)
  const refusal = async (host: string, at: number) => {
    const config = { host, port: at, token: null, written: true }
    // No request is made, so the site is never used.
    const options = { config, configPath: '/etc/offbeat/offbeat.yaml', site: {} as Site, log: silentLog }
    return asOffbeatError(await HttpServer.open(options).catch((error: unknown) => error))
  }
  const taken = await refusal('127.0.0.1', port)
  expect(taken).toMatchObject({ code: 'SERVER_PORT_TAKEN', kind: 'configuration' })
  expect(taken.expected).toContain('server.listen in /etc/offbeat/offbeat.yaml')
  expect(await refusal('192.0.2.1', 0)).toMatchObject({ code: 'SERVER_ADDRESS_MISSING', kind: 'transient' })
})

/** A connection that sends `sent` and never reads. */
async function open(url: string, sent: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined).pause()
  await once(socket, 'connect')
  await new Promise<void>((resolve) => {
    socket.write(sent, () => resolve())
  })
  return socket
}

it('promise 13: whoever listens, is idle, sends half or does not read holds no end, and a second end is harmless', async () => {
  const http = await openHttpBoard()
  const scrape = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const sockets = await Promise.all(['', scrape.slice(0, 30), scrape.repeat(300)].map((sent) => open(http.url, sent)))
  const stream = ask(`${http.url}/api/events`)
  await waitFor({ until: 'the listener is there' }, () => http.events.clients === 1)
  await ask(`${http.url}/healthz`)
  await http[Symbol.asyncDispose]()
  // No client closes its own connection.
  for (const socket of sockets) await closing(socket)
  await stream.catch(() => undefined)
  await http[Symbol.asyncDispose]()
  await expect(ask(`${http.url}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

/** Reads the remaining data until the connection is closed. */
async function closing(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('close', () => resolve()).resume()
  if (!socket.closed) await promise
}

import { once } from 'node:events'
import { createServer } from 'node:net'
import { MongoClient } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import { mongodbConfig } from '../../src/sources/mongodb/config.ts'
import { connectMongodb, connectToServer } from '../../src/sources/mongodb/connect/connection.ts'
import { mongodbMissing, sharedMongodb } from '../support/mongodb.ts'
import { fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const { signal } = new AbortController()
const OPTIONS = { source: 'shop', signal }

function configOf(url: string, about: Readonly<Record<string, unknown>> = {}) {
  return mongodbConfig.parse({ kind: 'mongodb', url, ...about })
}

async function refusal(url: string, about: Readonly<Record<string, unknown>> = {}) {
  try {
    await using connection = await connectMongodb(configOf(url, about), OPTIONS)
    return expect.fail(`it connected to ${connection.target.host}`)
  } catch (thrown) {
    return asOffbeatError(thrown)
  }
}

describe.skipIf(mongodbMissing() !== null)('a connection to MongoDB', () => {
  test('goes to the server of the set, and then to that one alone', async () => {
    await using server = await sharedMongodb()
    const config = configOf(server.url(''))
    await using connection = await connectMongodb(config, OPTIONS)
    expect(connection.facts).toMatchObject({ role: 'primary', me: expect.any(String) })
    await using alone = await connectToServer(config, connection.target, OPTIONS)
    expect(alone.facts).toEqual(connection.facts)
    expect(await alone.command('admin', { ping: 1 }, { raw: true })).toMatchObject({ ok: 1 })
  })

  test('names what is wrong with the URL, the set and the login', async () => {
    await using server = await sharedMongodb({ auth: true })
    const { host } = new URL(server.url('').replace(/^mongodb:/, 'http:'))
    const found = async (url: string) => {
      const { code, retry } = await refusal(url)
      return { code, retry }
    }
    expect(await found(`mongodb://nobody:secret@${host}/?directConnection=true`)).toEqual({
      code: 'DATABASE_PASSWORD_WRONG',
      retry: false,
    })
    expect(await found('mongodb://127.0.0.1:1')).toEqual({ code: 'DATABASE_UNREACHABLE', retry: true })
    expect(await found('mongodb://127.0.0.1:1,127.0.0.1:2')).toEqual({ code: 'DATABASE_UNREACHABLE', retry: true })
    const error = await refusal(`mongodb://nobody:secret@${host}/?authSource=shop&directConnection=true`)
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  test('promise 13: a server that stops answering is given up after the timeout, and an abort ends a command at once', async () => {
    await using server = await sharedMongodb()
    const { hostname, port } = new URL(server.url('').replace(/^mongodb:/, 'http:'))
    await using proxy = await startTcpProxy({ host: hostname, port: Number(port) })
    const config = configOf(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`)
    await using connection = await connectMongodb(config, OPTIONS)
    proxy.swallow(true)
    const asked = connection.command('admin', { ping: 1 }, { timeoutMs: 200 })
    await expect(asked).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    expect(connection.isOpen).toBe(false)
    proxy.swallow(false)
    await using other = await connectMongodb(config, OPTIONS)
    proxy.swallow(true)
    const stop = new AbortController()
    const aborted = other.command('admin', { ping: 1 }, { signal: stop.signal })
    stop.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'DATABASE_CONNECTION_LOST' })
  })
})

test('a server that is too old is refused by its version', async () => {
  await using fake = await fakeMongodb({ version: '4.2' })
  expect(await refusal(fake.url())).toMatchObject({ code: 'DATABASE_VERSION', expected: 'MongoDB 4.4 or newer' })
})

test.each([[true], [false]])(
  'a wrong name of the set is reported with the real one, and not retried (direct: %s)',
  async (isDirect) => {
    await using fake = await fakeMongodb({ nodes: 2 })
    const url = `mongodb://${fake.hosts[0]}/?replicaSet=rs0${isDirect ? '&directConnection=true' : ''}`
    const error = await refusal(url)
    expect(error).toMatchObject({
      code: 'MONGODB_SET_NAME',
      retry: false,
      message: 'the url names the replica set rs0, and none of its servers is in it',
      found: `${fake.hosts[0]} is in fake`,
      fix: [{ in: 'file', text: 'url: mongodb://.../?replicaSet=fake' }],
    })
  },
)

test('a cut handshake is reported with the TLS mode that was tried, and how to connect without TLS', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  const url = `mongodb://127.0.0.1:${typeof at === 'object' ? at?.port : ''}`
  const encrypted = await refusal(url, { tls: { mode: 'require' } })
  const plain = await refusal(url)
  server.close()
  expect(encrypted).toMatchObject({
    retry: true,
    found: expect.stringContaining('TLS was tried, because `tls.mode` is `require`'),
  })
  expect(encrypted.fix[0]).toMatchObject({ in: 'file', text: expect.stringContaining('tls: { mode: disable }') })
  expect(`${plain.found} ${JSON.stringify(plain.fix)}`).not.toContain('TLS')
})

test.each([
  [11602, 'it is no longer the primary, or changed its state'],
  [11600, 'it is shutting down'],
])('the code %i of an ended connection has a message of its own', async (code, words) => {
  await using fake = await fakeMongodb()
  await using connection = await connectMongodb(configOf(fake.url()), OPTIONS)
  fake.answer('ping', { ok: 0, code, errmsg: 'interrupted' })
  await expect(connection.command('admin', { ping: 1 })).rejects.toMatchObject({
    code: 'DATABASE_STOPPING',
    message: expect.stringContaining(words),
  })
})

test('a set without a primary is reported with the command that shows its members', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  fake.elect(null)
  const failure = connectMongodb(configOf(fake.url()), { ...OPTIONS, connectTimeoutMs: 1000 })
  await expect(failure).rejects.toMatchObject({
    code: 'DATABASE_CONNECT_FAILED',
    fix: expect.arrayContaining([expect.objectContaining({ text: 'rs.status()', reads: true })]),
  })
})

test('contract: the driver has the inner object that is closed where its own close hangs', async () => {
  await using fake = await fakeMongodb()
  await using client = new MongoClient(fake.url())
  await client.connect()
  expect(Reflect.get(client, 'topology')).toMatchObject({ close: expect.any(Function) })
})

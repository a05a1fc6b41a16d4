import { existsSync } from 'node:fs'
import { MongoClient } from 'mongodb'
import { expect, test } from 'vitest'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { mongodbMissing, ownMongodbMissing, sharedMongodb, startMongodb } from './mongodb.ts'
import { rollOver } from './mongodb-rollover.ts'
import { temporaryFolder } from './temporary-folder.ts'

const absent = mongodbMissing() !== null
const noneOwn = ownMongodbMissing() !== null

test.skipIf(absent)('the shared server gives each test a database of its own, and has change streams', async () => {
  const server = await sharedMongodb()
  await using client = server.client()
  const [one, other] = [server.createDatabase(), server.createDatabase()]
  await client.db(one).collection('mine').insertOne({})
  expect(await client.db(other).listCollections().toArray()).toEqual([])
  await using stream = client.db(one).watch([], { maxAwaitTimeMS: 20 })
  // The driver opens the stream when it is first read.
  expect(await stream.tryNext()).toBeNull()
  await client.db(one).collection('mine').insertOne({ seen: true })
  expect(await stream.next()).toMatchObject({ operationType: 'insert', fullDocument: { seen: true } })
})

test.skipIf(absent)('the shared server with logins lets nobody in without one', async () => {
  const server = await sharedMongodb({ auth: true })
  await using root = server.client()
  const database = server.createDatabase()
  await root.db(database).collection('mine').insertOne({})
  await using stranger = server.client({ auth: { username: 'nobody', password: 'wrong' } })
  await expect(stranger.db(database).command({ count: 'mine' })).rejects.toMatchObject({ code: 18 })
})

test.skipIf(noneOwn)(
  'a server of its own survives a stop and a kill with its data, and goes with its folder',
  async () => {
    const server = await startMongodb()
    const url = server.url('')
    const add = async (_id: number): Promise<void> => {
      await using client = server.client()
      await client.db('kept').collection<{ _id: number }>('answers').insertOne({ _id })
    }
    await add(1)
    await server.stop()
    await server.start()
    await add(2)
    await server.kill()
    await using down = server.client({ serverSelectionTimeoutMS: 500 })
    await expect(down.db('admin').command({ ping: 1 })).rejects.toMatchObject({ name: 'MongoServerSelectionError' })
    await server.start()
    expect(server.url('')).toBe(url)
    await using client = server.client()
    expect(await client.db('kept').collection('answers').find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1 },
      { _id: 2 },
    ])
    expect(server.log()).not.toBe('')
    await server[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    expect(existsSync(server.dataDir)).toBe(false)
  },
)

test.skipIf(noneOwn)(
  'a server without a replica set has no change streams, and one with TLS refuses plain clients',
  async () => {
    using folder = temporaryFolder()
    const authority = makeAuthority(folder.path, 'authority')
    const pair = makeCertificate(folder.path, authority, { name: 'server', names: 'IP:127.0.0.1' })
    const tls = { certificate: pair.cert, key: pair.key, authority: authority.cert }
    await using server = await startMongodb({ settings: { standalone: true, tls } })
    await using client = server.client()
    await expect(client.db('admin').watch().next()).rejects.toMatchObject({ code: 40573 })
    const url = server.url('').replace(/&tls=.*$/, '')
    await using plain = new MongoClient(url, { serverSelectionTimeoutMS: 500 })
    await expect(plain.db('admin').command({ ping: 1 })).rejects.toMatchObject({ name: 'MongoServerSelectionError' })
  },
)

test.skipIf(noneOwn)('a small oplog rolls over, and a stream cannot be resumed from what it had', async () => {
  await using server = await startMongodb({ settings: { smallOplog: true } })
  await using client = server.client()
  const items = client.db('shop').collection('item')
  await using stream = items.watch([], { maxAwaitTimeMS: 20 })
  expect(await stream.tryNext()).toBeNull()
  await items.insertOne({})
  const { _id: token } = await stream.next()
  await rollOver(client, server.createDatabase())
  await using again = items.watch([], { resumeAfter: token })
  await expect(again.next()).rejects.toMatchObject({ code: 286 })
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeAuthority, makeCertificate } from '../../../../test/support/certificates.ts'
import { type DnsRecords, DnsZone } from '../../../../test/support/dns-zone.ts'
import { type FakeMongodb, type FakeOptions, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { Reading, readingContext } from '../../../../test/support/reading.ts'
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts'
import { asOffbeatError, type OffbeatError } from '../../../model/error.ts'
import { type MongodbConfig, mongodbConfig } from '../config.ts'
import { openReader } from '../read/reader.ts'
import { connectMongodb, connectToServer } from './connection.ts'

const HOST = 'shop.cluster.test'
const SRV = `SRV _mongodb._tcp.${HOST}`
const OPTIONS = { source: 'shop', connectTimeoutMs: 2000, signal: new AbortController().signal }

/** A set of one member, which is known as `node0.cluster.test`. */
async function namedFake(options: FakeOptions = {}): Promise<FakeMongodb> {
  const fake = await fakeMongodb(options)
  const me = `node0.cluster.test:${portOf(fake)}`
  fake.helloFields = { hosts: [me], me, primary: me }
  return fake
}

function portOf(fake: FakeMongodb): string {
  return fake.hosts[0]?.split(':')[1] ?? ''
}

function recordsOf(fake: FakeMongodb, text = `replicaSet=${fake.setName}`): DnsRecords {
  return { [SRV]: [`node0.cluster.test:${portOf(fake)}`], [`TXT ${HOST}`]: [text] }
}

function configOf(url: string, more: Readonly<Record<string, unknown>> = {}): MongodbConfig {
  return mongodbConfig.parse({ kind: 'mongodb', url, tables: ['shop.item'], heartbeat: { source: 'off' }, ...more })
}

async function refusalOf(config: MongodbConfig): Promise<OffbeatError> {
  try {
    await using connection = await connectMongodb(config, OPTIONS)
    return expect.fail(`it connected to ${connection.target.host}`)
  } catch (thrown) {
    return asOffbeatError(thrown)
  }
}

const PLAIN = { tls: { mode: 'disable' } }

test('mongodb+srv is read from the members in its SRV record, with the options in its TXT record', async () => {
  await using fake = await namedFake()
  await using zone = await DnsZone.open(recordsOf(fake))
  const config = configOf(`mongodb+srv://${HOST}`, PLAIN)
  await using stream = new Reading(await openReader(config, readingContext), 'now', 'none')
  expect((await stream.firstOffset()).server).toMatchObject({ replicaSet: 'fake' })
  fake.insert('shop.item', { _id: 1 })
  await stream.until('the row', () => stream.ids.length > 0)
  expect(new Set(zone.asked)).toEqual(new Set([SRV, `TXT ${HOST}`]))
  await using connection = await connectMongodb(config, OPTIONS)
  expect(connection.target).toMatchObject({ host: 'node0.cluster.test', port: Number(portOf(fake)) })
})

test('a deployment behind a load balancer, by its TXT record, is refused with the reason', async () => {
  await using fake = await namedFake()
  await using _ = await DnsZone.open(recordsOf(fake, 'loadBalanced=true'))
  expect(await refusalOf(configOf(`mongodb+srv://${HOST}`, PLAIN))).toMatchObject({
    code: 'MONGODB_LOAD_BALANCED',
    retry: false,
    message: expect.stringContaining('its DNS record says that the deployment is behind a load balancer'),
  })
})

test('options of the TXT record count: another replica set than the one that answers is refused', async () => {
  await using fake = await namedFake()
  await using _ = await DnsZone.open(recordsOf(fake, 'replicaSet=other'))
  const error = await refusalOf(configOf(`mongodb+srv://${HOST}`, PLAIN))
  expect(error).toMatchObject({ code: 'DATABASE_CONNECT_FAILED', found: expect.stringContaining('replicaSet') })
})

test.each([
  ['', 'authSource=staff', 'staff'],
  ['', 'replicaSet=fake', 'admin'],
  ['/shop', 'authSource=staff', 'shop'],
  ['/?authSource=own', 'authSource=staff', 'own'],
])(
  'with the rest %j of the URL and the TXT record %s, the user is of the database %s, at each connection',
  async (rest, text, expected) => {
    await using fake = await namedFake()
    await using _ = await DnsZone.open(recordsOf(fake, text))
    fake.answer('saslStart', { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' })
    const config = configOf(`mongodb+srv://u:planted-password@${HOST}${rest}`, PLAIN)
    const connections = [
      () => connectMongodb(config, OPTIONS),
      () => connectToServer(config, { host: 'node0.cluster.test', port: Number(portOf(fake)) }, OPTIONS),
    ]
    for (const connect of connections)
      await expect(connect()).rejects.toMatchObject({ code: 'DATABASE_PASSWORD_WRONG' })
    const databases = fake.received.filter(({ name }) => name === 'saslStart').map(({ command }) => command['$db'])
    expect(databases.length).toBeGreaterThanOrEqual(connections.length)
    expect(new Set(databases)).toEqual(new Set([expected]))
  },
)

test('srvServiceName names another SRV record', async () => {
  await using fake = await namedFake()
  const record = `SRV _shop._tcp.${HOST}`
  await using zone = await DnsZone.open({ [record]: [`node0.cluster.test:${portOf(fake)}`] })
  const config = configOf(`mongodb+srv://${HOST}/?srvServiceName=shop`, PLAIN)
  await using _ = await openReader(config, readingContext)
  expect(zone.asked).toContain(record)
})

test('TLS is on, and each member has to have a certificate of its own name', async () => {
  using folder = temporaryFolder()
  const authority = makeAuthority(folder.path, 'authority')
  const pair = makeCertificate(folder.path, authority, { name: 'node0', names: 'DNS:node0.cluster.test' })
  const tls = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }
  await using fake = await namedFake({ tls })
  await using zone = await DnsZone.open(recordsOf(fake))
  const url = `mongodb+srv://${HOST}`
  expect(configOf(url).connection.tls.mode).toBe('verify-full')
  const trusting = configOf(url, { tls: { ca: authority.cert } })
  await using stream = new Reading(await openReader(trusting, readingContext), 'now', 'none')
  await stream.firstOffset()
  expect(await refusalOf(configOf(url))).toMatchObject({ code: 'DATABASE_TLS_UNTRUSTED' })
  const other = `node1.cluster.test:${portOf(fake)}`
  fake.helloFields = { hosts: [other], me: other, primary: other }
  zone.records = { [SRV]: [other] }
  const error = await refusalOf(trusting)
  expect(error).toMatchObject({
    code: 'DATABASE_TLS_UNTRUSTED',
    found: expect.stringContaining('not for node1.cluster.test'),
  })
})

test('a host without the record is named with the record that was asked for', async () => {
  await using zone = await DnsZone.open({})
  const missing = await refusalOf(configOf(`mongodb+srv://${HOST}`))
  expect(missing).toMatchObject({ code: 'DATABASE_UNREACHABLE', retry: true })
  expect(missing.found).toBe(`DNS has no SRV record _mongodb._tcp.${HOST} (ENOTFOUND)`)
  expect(missing.fix[0]?.text).toBe(`nslookup -type=SRV _mongodb._tcp.${HOST}`)
  zone.isBroken = true
  const broken = await refusalOf(configOf(`mongodb+srv://${HOST}`))
  expect(broken.found).toBe(`DNS does not answer for the SRV record _mongodb._tcp.${HOST} (ESERVFAIL)`)
})

test.each([
  [{ [SRV]: ['node0.other.test:1'] }, 'Server record does not share hostname'],
  [{ [SRV]: ['node0.cluster.test:1'], [`TXT ${HOST}`]: ['tls=false'] }, 'Text record may only set'],
])('records that the driver refuses are named with its reason: %j', async (records, reason) => {
  await using _ = await DnsZone.open(records)
  const error = await refusalOf(configOf(`mongodb+srv://${HOST}`))
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', found: expect.stringContaining(reason) })
})

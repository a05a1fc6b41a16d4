import { expect, test } from 'vitest'
import { NO_SIGNS } from '../../../../test/support/broken-server.ts'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { readingContext } from '../../../../test/support/reading.ts'
import { examine } from '../../../doctor/examination.ts'
import { asOffbeatError, type OffbeatError } from '../../../model/error.ts'
import type { CheckContext } from '../../check.ts'
import { mongodbCheckup } from '../checks/checkup.ts'
import { mongodbConfig } from '../config.ts'
import { openProbe } from '../inspect/probe.ts'
import { surveyServer } from '../inspect/survey.ts'
import { openReader } from '../read/reader.ts'

type Face = readonly [service: string, wear: (fake: FakeMongodb) => void]

/** As their documentation, or their source, has these replies. Behind a tunnel, only they show what the server is. */
const FACES: readonly Face[] = [
  [
    'Amazon DocumentDB',
    (fake) => {
      const me = 'shop.abcdefghijkl.eu-west-1.docdb.amazonaws.com:27017'
      fake.helloFields = { setName: 'rs0', hosts: [me], me, primary: me }
    },
  ],
  [
    'Azure Cosmos DB for MongoDB (RU)',
    (fake) => {
      const me = 'shop-westeurope.mongo.cosmos.azure.com:10255'
      fake.helloFields = { setName: 'globaldb', hosts: [me], me, primary: me }
      fake.answer('buildInfo', {
        version: '7.0.0',
        versionArray: [7, 0, 0, 0],
        bits: 64,
        maxBsonObjectSize: 16_777_216,
      })
    },
  ],
  [
    'Azure DocumentDB (Cosmos DB for MongoDB vCore)',
    (fake) => {
      fake.helloFields = { internal: { documentdb_versions: ['1.116-1', '1.117.0', '12.1-1'] } }
    },
  ],
  [
    'Azure DocumentDB (Cosmos DB for MongoDB vCore)',
    (fake) => {
      fake.helloFields = { internal: { cosmos_versions: ['1.23-0'] } }
    },
  ],
  ['FerretDB', (fake) => fake.answer('buildInfo', { version: '7.0.77', ferretdb: { version: 'v2.7.0' } })],
  ['FerretDB', (fake) => fake.answer('buildInfo', { version: '7.0.42', ferretdbVersion: 'v1.24.0' })],
]

const CONTEXT: CheckContext = { ...readingContext, signs: NO_SIGNS, atRiskMs: 0, storedOffset: () => null }

async function refusalOf(open: () => Promise<unknown>): Promise<OffbeatError> {
  try {
    await open()
  } catch (thrown) {
    return asOffbeatError(thrown)
  }
  return expect.fail('it was not refused')
}

test.each(FACES)('%s is refused with its name and the reason, before a stream is opened', async (service, wear) => {
  await using fake = await fakeMongodb()
  wear(fake)
  const config = fakeConfig(fake, { url: `mongodb://${fake.hosts[0]}/?directConnection=true` })
  for (const open of [openReader, openProbe, surveyServer]) {
    const error = await refusalOf(() => open(config, readingContext))
    expect(error).toMatchObject({ code: 'MONGODB_SERVICE_UNSUPPORTED', retry: false, details: { service } })
    expect(error.message).toContain(service)
    expect(error.found).toMatch(/change streams/)
  }
  const { findings } = await examine(mongodbCheckup(), config, CONTEXT, new AbortController().signal)
  expect(findings.filter(({ code }) => code === 'MONGODB_SERVICE_UNSUPPORTED')).toHaveLength(1)
  const commands = new Set(fake.received.map(({ name }) => name))
  expect(commands).toEqual(new Set(['buildInfo', 'endSessions']))
})

test.each([
  ['mongodb://shop.cluster-abc.eu-west-1.docdb.amazonaws.com/?replicaSet=rs0', 'Amazon DocumentDB'],
  ['mongodb://shop-123456789012.eu-west-1.docdb-elastic.amazonaws.com', 'Amazon DocumentDB'],
  ['mongodb://shop.mongo.cosmos.azure.com:10255/?replicaSet=globaldb', 'Azure Cosmos DB for MongoDB (RU)'],
  ['mongodb+srv://shop.global.mongocluster.cosmos.azure.com', 'Azure DocumentDB (Cosmos DB for MongoDB vCore)'],
])('%s is refused by its name, before anything connects to it', async (url, service) => {
  const config = mongodbConfig.parse({ kind: 'mongodb', url })
  const error = await refusalOf(() => openReader(config, readingContext))
  expect(error).toMatchObject({ code: 'MONGODB_SERVICE_UNSUPPORTED', details: { service } })
})

test('a host of another name, and a set with members of other names, are read', async () => {
  await using fake = await fakeMongodb()
  fake.helloFields = { internal: {}, tags: { docdb: 'amazonaws.com' } }
  await using _ = await openReader(fakeConfig(fake), readingContext)
  expect(fake.received.map(({ name }) => name)).toContain('buildInfo')
})

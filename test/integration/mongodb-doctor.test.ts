import { describe, expect, test } from 'vitest'
import type { Fix } from '../../src/model/fix.ts'
import type { StoredOffset } from '../../src/model/offset.ts'
import type { CheckFinding } from '../../src/sources/check.ts'
import { jobTrace } from '../../src/sources/mongodb/beat/job-trace.ts'
import { mongodbCheckup } from '../../src/sources/mongodb/checks/checkup.ts'
import { mongodbConfig } from '../../src/sources/mongodb/config.ts'
import { connectMongodb } from '../../src/sources/mongodb/connect/connection.ts'
import { MONGODB } from '../../src/sources/mongodb/definition.ts'
import { openReader } from '../../src/sources/mongodb/read/reader.ts'
import { ownMongodbMissing, sharedMongodb, startMongodb } from '../support/mongodb.ts'
import { type FakeMongodb, type FakeOptions, fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { tokenText } from '../support/mongodb-fake/key-string-token.ts'
import { loginUrl, PLAIN_LOGIN } from '../support/mongodb-fake/login-url.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { wordsOfSql } from '../support/words-of-sql.ts'

const { signal } = new AbortController()
const HOUR_S = 3600

/** How a set is broken, and what the doctor must find. `id`: without the kind. */
interface Problem {
  readonly code: string
  readonly id: string
  readonly set?: FakeOptions
  readonly entry?: Readonly<Record<string, unknown>>
  readonly cause?: (fake: FakeMongodb) => void
  /** Reads from here. */
  readonly offset?: (fake: FakeMongodb) => StoredOffset
}

const STATUS = { set: 'fake', myState: 1, ok: 1, optimes: {} }

const PROBLEMS: readonly Problem[] = [
  {
    code: 'MONGODB_MEMBER_DOWN',
    id: 'members',
    cause: (fake) =>
      fake.answer('replSetGetStatus', {
        ...STATUS,
        members: [
          { name: 'a:1', state: 1, stateStr: 'PRIMARY' },
          { name: 'b:1', state: 8, stateStr: '(not reachable/healthy)' },
        ],
      }),
  },
  {
    code: 'MONGODB_MEMBER_DOWN',
    id: 'members',
    cause: (fake) =>
      fake.answer('replSetGetStatus', {
        ...STATUS,
        members: [{ name: 'a:1', state: 1, stateStr: 'PRIMARY' }],
        optimes: { lastAppliedWallTime: new Date(100_000), lastCommittedWallTime: new Date(0) },
      }),
  },
  {
    code: 'MONGODB_OPLOG_LOST',
    id: 'position',
    cause: (fake) => {
      fake.oplog.advance(HOUR_S)
      fake.noop()
      fake.trimOplogBefore(fake.time)
    },
    offset: (fake) => storedAt(fake.time),
  },
  {
    code: 'MONGODB_NOOPS_OFF',
    id: 'noops',
    cause: (fake) => fake.answer('getParameter', { writePeriodicNoops: false, periodicNoopIntervalSecs: 10 }),
  },
  { code: 'MONGODB_NO_REPLICA_SET', id: 'replica-set', set: { shape: 'standalone' } },
  {
    code: 'MONGODB_TOKEN_INVALID',
    id: 'position',
    cause: (fake) => refuseToken(fake, { code: 260, codeName: 'InvalidResumeToken' }),
    offset: (fake) => tokenAt(fake.time),
  },
  {
    code: 'MONGODB_TOKEN_LOST',
    id: 'position',
    // Otherwise it would be passed by its time.
    cause: (fake) => {
      refuseToken(fake, {
        code: 280,
        codeName: 'ChangeStreamFatalError',
        errorLabels: ['NonResumableChangeStreamError'],
      })
      fake.oplog.advance(HOUR_S)
      fake.noop()
      fake.trimOplogBefore(fake.time)
    },
    offset: (fake) => tokenAt(fake.time),
  },
  {
    code: 'DATABASE_OTHER_SERVER',
    id: 'position',
    offset: (fake) => ({ ...storedAt(fake.time), server: { replicaSet: 'another' } }),
  },
  {
    code: 'HEARTBEAT_DENIED',
    id: 'heartbeat-grants',
    cause: (fake) =>
      fake.answer('connectionStatus', {
        ok: 1,
        authInfo: {
          authenticatedUsers: [],
          authenticatedUserRoles: [],
          authenticatedUserPrivileges: [{ resource: { db: 'shop', collection: '' }, actions: ['find'] }],
        },
      }),
  },
  {
    code: 'HEARTBEAT_STILL',
    id: 'heartbeat-moves',
    cause: (fake) => {
      const still = { $set: { text: 'job', last_update: new Date(Date.now() - 3_600_000) } }
      fake.data.update('streamkap.streamkap_heartbeat', { _id: 1 }, still)
    },
  },
  {
    code: 'MONGODB_SHARD_DIRECT',
    id: 'whole-cluster',
    cause: (fake) => fake.answer('serverStatus', { sharding: { configsvrConnectionString: 'csrs/c.example:27019' } }),
  },
  {
    code: 'MONGODB_SHARD_IDLE',
    id: 'shards',
    set: { shape: 'mongos', shards: 2 },
    cause: (fake) => {
      fake.oplog.advance(60)
      fake.noop(0)
    },
  },
  { code: 'TABLE_PATTERN_UNUSED', id: 'table-patterns', entry: { tables: ['shop.itme'] } },
  {
    code: 'HEARTBEAT_READ_ONLY',
    id: 'heartbeat-writable',
    set: { nodes: 2 },
    entry: { heartbeat: { source: { mode: 'table' } } },
    cause: (fake) => fake.elect(1),
  },
]

/** Every stream that begins at a token is refused. */
function refuseToken(fake: FakeMongodb, error: Readonly<Record<string, unknown>>): void {
  fake.answer('aggregate', ({ pipeline }) =>
    JSON.stringify(pipeline).includes('resumeAfter') ? { ok: 0, errmsg: 'the token cannot be used', ...error } : null,
  )
}

function tokenAt(time: bigint): StoredOffset {
  const stored = storedAt(time)
  return { ...stored, position: `${stored.position}/${tokenText({ version: 2, time })}` }
}

function storedAt(time: bigint): StoredOffset {
  const moved = { by: 'commit', why: '', atMs: 0 } as const
  return { position: `${time >> 32n}.${time & 0xffff_ffffn}`, server: null, memory: {}, moved }
}

const isPattern = ({ id }: CheckFinding) => id === 'mongodb.table-patterns'

async function examine(
  url: string,
  entry: Readonly<Record<string, unknown>>,
  offset: StoredOffset | null,
): Promise<readonly CheckFinding[]> {
  const config = mongodbConfig.parse({ kind: 'mongodb', url, tables: ['shop.item'], ...entry })
  const signs = { running: null, offset, status: null, pulses: [], bytesPerMs: null }
  return await mongodbCheckup().examine(
    config,
    { ...readingContext, signs, atRiskMs: 0, storedOffset: () => offset },
    signal,
  )
}

describe('the doctor of MongoDB, on a set that follows the specification', () => {
  test.each(PROBLEMS)('$code is found by $id', async ({ code, id, set = {}, entry = {}, cause, offset }) => {
    await using fake = await fakeMongodb(set)
    fake.insert('streamkap.streamkap_heartbeat', { _id: 1, text: 'test_heartbeat', last_update: new Date() })
    const url = id === 'heartbeat-writable' ? `mongodb://${fake.hosts[0]}/?directConnection=true` : fake.url()
    const find = async (at: StoredOffset | null) => {
      const findings = await examine(url, entry, at)
      expect(findings.flatMap(wordsOfSql)).toEqual([])
      return findings.find((each) => each.id === `mongodb.${id}`)
    }
    const at = offset?.(fake) ?? null
    if (cause !== undefined && set.shape === undefined) expect((await find(at))?.code ?? null).toBeNull()
    cause?.(fake)
    const finding = await find(at)
    expect(finding).toMatchObject({ code, status: expect.stringMatching(/^(fail|warn)$/) })
    expect(finding?.fix).not.toEqual([])
  })

  test.each([
    ['noops', 'getParameter'],
    ['members', 'replSetGetStatus'],
  ])('%s: a user who must not run %s is shown the grant, and it is not a failure', async (id, command) => {
    await using fake = await fakeMongodb()
    fake.answer('saslStart', PLAIN_LOGIN)
    fake.answer(command, { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on admin' })
    const found = async (url: string) => (await examine(url, {}, null)).find((each) => each.id === `mongodb.${id}`)
    expect(await found(loginUrl(fake, 'app'))).toMatchObject({
      status: 'skip',
      expected: expect.stringContaining('role: "clusterMonitor"'),
    })
    expect(await found(fake.url())).toMatchObject({
      status: 'skip',
      expected: expect.stringContaining('url: mongodb://USER:PASSWORD@HOST/'),
    })
  })

  test('a heartbeat collection of the same name in another database is named', async () => {
    await using fake = await fakeMongodb()
    fake.insert('elsewhere.streamkap_heartbeat', { _id: 1, text: 'job', last_update: new Date() })
    const findings = await examine(fake.url(), {}, null)
    expect(findings.find(({ id }) => id === 'mongodb.heartbeat-table')).toMatchObject({
      code: 'HEARTBEAT_TABLE_MISSING',
      found: expect.stringContaining('one of this name in elsewhere, which heartbeat.source.schema would name'),
    })
  })

  describe('the writes of a job', () => {
    const READS = { resource: { db: '', collection: '' }, actions: ['find'] }
    const WRITES = { resource: { db: 'streamkap', collection: '' }, actions: ['insert', 'update'] }

    /** What the doctor finds of the grants, where a user with these privileges is logged in. */
    async function grants(about: {
      readonly privileges: readonly object[]
      readonly roles?: readonly object[]
      readonly ageMs?: number
      readonly asked?: (fake: FakeMongodb) => Readonly<Record<string, unknown>>
    }): Promise<CheckFinding | undefined> {
      await using fake = await fakeMongodb()
      await using primary = await fakeMongodb()
      const last_update = new Date(Date.now() - (about.ageMs ?? 3_600_000))
      fake.insert('streamkap.streamkap_heartbeat', { _id: 1, text: 'job', last_update })
      const logins = { authenticatedUsers: [{ user: 'app', db: 'admin' }], authenticatedUserRoles: about.roles ?? [{}] }
      for (const each of [fake, primary]) each.answer('saslStart', PLAIN_LOGIN)
      fake.answer('connectionStatus', { ok: 1, authInfo: { ...logins, authenticatedUserPrivileges: about.privileges } })
      primary.answer('connectionStatus', { ok: 1, authInfo: { ...logins, authenticatedUserPrivileges: [READS] } })
      const entry = about.asked?.(primary) ?? {}
      const findings = await examine(loginUrl(fake, 'app'), entry, null)
      return findings.find(({ id }) => id === 'mongodb.heartbeat-grants')
    }

    test('the source of a job needs the privileges to write', async () => {
      const found = await grants({ privileges: [READS] })
      expect(found).toMatchObject({
        status: 'fail',
        code: 'HEARTBEAT_DENIED',
        found: 'app lacks insert and update',
        expected: 'find, insert, update',
      })
      expect(found?.fix.map(({ text }) => text).join()).toContain('streamkap_heartbeat_writer')
      expect(await grants({ privileges: [READS, WRITES] })).toMatchObject({ status: 'ok' })
    })

    test('where the document changes, another user may write it', async () => {
      expect(await grants({ privileges: [READS], ageMs: 0 })).toMatchObject({
        status: 'warn',
        found: expect.stringContaining('perhaps by another user'),
      })
    })

    test('a user without a role lacks all of them, and one whose privileges are not listed is not judged', async () => {
      expect(await grants({ privileges: [], roles: [] })).toMatchObject({
        found: 'app lacks find and insert and update',
      })
      expect(await grants({ privileges: [] })).toMatchObject({
        status: 'skip',
        found: expect.stringContaining('whether app may write streamkap.streamkap_heartbeat is not known'),
      })
    })

    test('over a read-only connection, the user of primary needs them', async () => {
      const over = (url: string) => ({ readOnly: true, primary: { url } })
      expect(await grants({ privileges: [READS], asked: (fake) => over(loginUrl(fake, 'writer')) })).toMatchObject({
        status: 'fail',
        found: 'writer lacks insert and update',
      })
      expect(
        await grants({ privileges: [READS], asked: () => over('mongodb://writer:secret@127.0.0.1:1/') }),
      ).toMatchObject({ status: 'skip', found: expect.stringContaining('127.0.0.1:1 cannot be reached') })
      expect(await grants({ privileges: [READS], asked: () => ({ readOnly: true }) })).toMatchObject({
        status: 'skip',
        expected: 'primary: { url: ... } in the source',
      })
    })
  })

  describe('a document that no heartbeat has written yet', () => {
    const row = async (entry: Readonly<Record<string, unknown>>) => {
      await using fake = await fakeMongodb()
      fake.insert('streamkap.streamkap_heartbeat', { _id: 2 })
      return (await examine(fake.url(), entry, null)).find(({ id }) => id === 'mongodb.heartbeat-row')
    }

    test('is inserted by a heartbeat', async () => {
      expect(await row({})).toMatchObject({
        status: 'warn',
        code: 'HEARTBEAT_ROW_MISSING',
        found: 'streamkap.streamkap_heartbeat has no document with _id 1',
        fix: [
          { in: 'shell', text: `offbeat beat ${readingContext.source}`, manualBecause: 'it writes a heartbeat' },
          { in: 'database', manualBecause: null },
        ],
      })
    })

    test('is inserted by an administrator, where no connection may write', async () => {
      expect(await row({ readOnly: true })).toMatchObject({ fix: [{ in: 'database', manualBecause: null }] })
    })

    test('is named to the job trace with the same cure', async () => {
      await using fake = await fakeMongodb()
      const config = mongodbConfig.parse({ kind: 'mongodb', url: fake.url() })
      await using connection = await connectMongodb(config, { source: 'shop', signal })
      const trace = jobTrace(config, 'shop', { still: async () => null, unseen: () => expect.fail('it was not seen') })
      expect(await trace.observe(connection, 0, signal)).toMatchObject({
        found: 'streamkap.streamkap_heartbeat has no document with _id 1: no heartbeat has been written yet',
        fix: [{ text: 'offbeat beat shop' }],
      })
    })
  })

  test('setup, a lost position and the doctor recommend one minimum retention', async () => {
    await using fake = await fakeMongodb()
    fake.answer('serverStatus', { oplogTruncation: { oplogMinRetentionHours: 24 } })
    const short = (await examine(fake.url(), {}, null)).find(({ id }) => id === 'mongodb.retention')
    const offset = storedAt(fake.time)
    fake.oplog.advance(HOUR_S)
    fake.noop()
    fake.trimOplogBefore(fake.time)
    const lost = (await examine(fake.url(), {}, offset)).find(({ id }) => id === 'mongodb.position')
    const config = mongodbConfig.parse({ kind: 'mongodb', url: fake.url() })
    const variant = { source: 'shop', service: 'self-managed', readOnly: false, monitoring: false } as const
    const plan = MONGODB.setup.plan(config, { ...variant, schedulerDatabase: null, accountHost: null })
    const hours = (fixes: readonly Fix[] = []) =>
      fixes.flatMap(({ text }) => /minRetentionHours: Double\((\d+)\)/u.exec(text)?.slice(1) ?? [])
    expect(short).toMatchObject({ code: 'RETENTION_SHORT' })
    expect([short?.fix, lost?.fix, plan.steps.flatMap(({ fix }) => fix)].map(hours)).toEqual([
      ['168'],
      ['168'],
      ['168'],
    ])
  })

  describe('collections that the user cannot see', () => {
    const DENIED = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on shop' }

    test.each([
      ['no role at all', { databases: [] }, () => true],
      ['no listDatabases', DENIED, () => true],
      [
        'only roles on single collections',
        null,
        (asked: { authorizedCollections?: unknown }) => !asked.authorizedCollections,
      ],
    ] as const)('%s: a skip names the grant, and nothing is reported as missing', async (_, databases, isDenied) => {
      await using fake = await fakeMongodb()
      fake.insert('shop.orders', { _id: 1 })
      fake.insert('shop.item', { _id: 1 })
      if (databases !== null) fake.answer('listDatabases', databases)
      fake.answer('listCollections', (asked) => (isDenied(asked) ? DENIED : null))
      fake.answer('find', ({ find }) => (find === 'none' ? DENIED : null))
      fake.answer('saslStart', PLAIN_LOGIN)
      const tables = ['shop.none']
      const found = (await examine(loginUrl(fake, 'app'), { tables }, null)).find(isPattern)
      expect(found).toMatchObject({
        status: 'skip',
        code: null,
        found: 'matches no collection that the user can see: shop.none',
        expected: expect.stringContaining('roles: [{ role: "read", db: "shop" }]'),
      })
      const config = mongodbConfig.parse({ kind: 'mongodb', url: loginUrl(fake, 'app'), tables })
      await using reading = new Reading(await openReader(config, readingContext), 'now', 'none')
      await reading.until('the notice', () => reading.notices.some(({ code }) => code === 'TABLE_PATTERN_UNUSED'))
      const notice = reading.notices.find(({ code }) => code === 'TABLE_PATTERN_UNUSED')
      expect(notice?.fix?.[0]?.text).toContain('grantRolesToUser: "app"')
    })

    test('without a user, a user in the url is wanted', async () => {
      await using fake = await fakeMongodb()
      fake.answer('listCollections', DENIED)
      const found = (await examine(fake.url(), { tables: ['shop.none'] }, null)).find(isPattern)
      expect(found).toMatchObject({
        status: 'skip',
        expected: expect.stringContaining('url: mongodb://USER:PASSWORD@HOST/'),
      })
    })
  })

  test('a server in no replica set is reported as such first, and its missing oplog is skipped', async () => {
    await using fake = await fakeMongodb({ shape: 'standalone' })
    const findings = await examine(fake.url(), {}, null)
    const worst = findings.filter(({ status }) => status === 'fail' || status === 'warn')
    expect(worst[0]).toMatchObject({ code: 'MONGODB_NO_REPLICA_SET', symptom: null })
    expect(findings.find(({ id }) => id === 'mongodb.retention')).toMatchObject({
      status: 'skip',
      found: 'there is no oplog: the server is not part of a replica set',
    })
  })

  test('a healthy one has no finding, and what it cannot know is not reported as wrong', async () => {
    await using fake = await fakeMongodb()
    fake.insert('streamkap.streamkap_heartbeat', { _id: 1, text: 'test_heartbeat', last_update: new Date() })
    fake.insert('shop.item', { _id: 1 })
    const findings = await examine(fake.url(), {}, null)
    expect(findings.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
  })
})

describe('the doctor of a sharded cluster that follows the specification', () => {
  async function clusterFindings(
    prepare: (fake: FakeMongodb) => Promise<void> | void,
  ): Promise<ReadonlyMap<string, CheckFinding>> {
    await using fake = await fakeMongodb({ shape: 'mongos', shards: 2 })
    fake.insert('streamkap.streamkap_heartbeat', { _id: 1, text: 'test_heartbeat', last_update: new Date() })
    fake.insert('shop.item', { _id: 1 })
    fake.noop()
    await prepare(fake)
    return new Map((await examine(fake.url(), {}, storedAt(fake.time))).map((each) => [each.id, each]))
  }

  test('a healthy one has no finding, and its shards are seen', async () => {
    const findings = await clusterFindings(() => undefined)
    expect([...findings.values()].filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
    expect(findings.get('mongodb.shards')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('shard00, shard01, config: each'),
    })
    expect(findings.get('mongodb.position')).toMatchObject({ status: 'ok' })
  })

  test('what is not seen is skipped, with the reason and what shows it', async () => {
    const guarded = await clusterFindings((fake) => {
      for (const member of fake.shardMembers) member.isGuarded = true
    })
    expect(guarded.get('mongodb.retention')).toMatchObject({
      status: 'skip',
      found: expect.stringContaining('shard01 cannot be seen'),
    })
    expect(guarded.get('mongodb.retention')?.fix[0]?.text).toContain('create a user with the role read')
    expect(guarded.get('mongodb.shards')).toMatchObject({ status: 'ok' })
    const away = await clusterFindings(async (fake) => await fake.shardMembers[1]?.stop())
    expect(away.get('mongodb.shards')).toMatchObject({ status: 'skip', found: expect.stringContaining('shard01') })
    const denied = await clusterFindings((fake) => denyShards(fake))
    expect(denied.get('mongodb.shards')).toMatchObject({
      status: 'skip',
      fix: [{ text: expect.stringContaining('clusterMonitor') }],
    })
  })
})

/** A user that is not allowed to see which shards there are. */
function denyShards(fake: FakeMongodb): void {
  const denied = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' }
  fake.answer('find', ({ find }) => (find === 'shards' ? denied : null))
  fake.answer('listShards', denied)
}

describe.skipIf(ownMongodbMissing() !== null)('the doctor of MongoDB, on a server', () => {
  test('MONGODB_IMAGES_OFF and RETENTION_SHORT are found, and what is printed turns the images on', async () => {
    await using server = await startMongodb({ settings: { oplog: { megabytes: 1, entries: 50 } } })
    const name = server.createDatabase()
    await using admin = server.client()
    await admin.db(name).createCollection('item')
    const items = Array.from({ length: 2100 }, () => ({ note: 'x' }))
    await admin.db(name).collection('filler').insertMany(items)
    const entry = { tables: [`${name}.item`], fullDocumentBeforeChange: 'required' }
    const found = async (id: string) =>
      (await examine(server.url(''), entry, null)).find((each) => each.id === `mongodb.${id}`)
    expect(await found('retention')).toMatchObject({ code: 'RETENTION_SHORT', status: 'fail' })
    const images = await found('images')
    expect(images).toMatchObject({ code: 'MONGODB_IMAGES_OFF', status: 'fail' })
    expect(images?.fix[0]?.text).toContain('changeStreamPreAndPostImages')
    await admin.db(name).command({ collMod: 'item', changeStreamPreAndPostImages: { enabled: true } })
    expect(await found('images')).toMatchObject({ status: 'ok' })
  })

  test('HEARTBEAT_TABLE_SHAPE is found where the heartbeat collection is a view', async () => {
    await using server = await sharedMongodb()
    const name = server.createDatabase()
    await using admin = server.client()
    await admin.db(name).createCollection('item')
    await admin.db(name).createCollection('beat', { viewOn: 'item', pipeline: [] })
    const entry = { tables: [`${name}.item`], heartbeat: { source: { schema: name, table: 'beat' } } }
    const findings = await examine(server.url(''), entry, null)
    expect(findings.find(({ id }) => id === 'mongodb.heartbeat-table')).toMatchObject({
      code: 'HEARTBEAT_TABLE_SHAPE',
      found: `${name}.beat is a view, which cannot be written`,
    })
    expect(findings.flatMap(wordsOfSql)).toEqual([])
  })
})

import { SOURCES } from '../../src/sources/registry.ts'
import { type FakeMongodb, fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { PLAIN_LOGIN } from '../support/mongodb-fake/login-url.ts'
import { beatSuite } from './beat-suite.ts'
import { commandSuite } from './command-suite.ts'
import { readerSuite } from './reader-suite.ts'
import type { BeatStage, ReaderStage, RowChange, Stage, StageDatabase } from './stage.ts'

/*
 * A sharded cluster of two shards behind two routers, as its documentation describes it: no server of it can be had. Setup and doctor have
 * tests of their own.
 */

interface ShardedDatabase extends StageDatabase {
  readonly fake: FakeMongodb
}

/** How often each shard writes a no-op. In a real one it is ten seconds. */
const NOOP_MS = 20
const HOUR_S = 3600
const BEAT = 'streamkap.streamkap_heartbeat'
const DENIED = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized to write' }

const READER: ReaderStage<ShardedDatabase> = {
  begin: async ({ fake }, ids) => ({
    commit: async () =>
      write(
        fake,
        ids.map((insert) => ({ insert })),
      ),
    rollback: async () => undefined,
  }),
  lose: async ({ fake }, offset) => {
    fake.oplog.advance(HOUR_S)
    fake.noop()
    fake.trimOplogBefore(fake.time)
    return offset
  },
}

const BEATS: BeatStage<ShardedDatabase> = {
  createsTable: true,
  hidesPrivileges: true,
  rows: async ({ fake }) => fake.data.find(BEAT, {}).length,
  job: async ({ fake }) => {
    for (const text of ['test_heartbeat', 'job']) fake.data.update(BEAT, { _id: 1 }, { $set: { text } }, true)
  },
  obstacles: { HEARTBEAT_DENIED: async ({ fake }) => fake.answer('update', DENIED) },
}

const STAGE: Stage<ShardedDatabase> = {
  name: 'a sharded mongodb',
  kind: 'mongodb',
  hasMonitoring: false,
  open,
  reader: READER,
  beat: BEATS,
}

async function open(): Promise<ShardedDatabase> {
  const fake = await fakeMongodb({ shape: 'mongos', nodes: 2, shards: 2 })
  // Within a transaction, changes on different shards do not come in the order of its statements, which one of the tests expects.
  fake.shards.place = (id) => (id < 7 ? id % 2 : 0)
  fake.answer('saslStart', PLAIN_LOGIN)
  for (const ns of ['shop.item', 'shop.unwatched', BEAT]) fake.data.create(ns)
  const noops = setInterval(() => fake.noop(), NOOP_MS)
  const url = `mongodb://u:planted-password@${fake.hosts.join(',')}/?authMechanism=PLAIN`
  const source = { mode: 'table' }
  return {
    fake,
    entry: { kind: 'mongodb', url, tables: ['shop.item'], heartbeat: { interval: '500ms', source } },
    sources: SOURCES,
    adminUrl: fake.url(),
    commit: async (changes) => write(fake, changes),
    commitElsewhere: async () => fake.insert('shop.unwatched', {}),
    // The only privilege that is ever missing.
    run: async () => fake.answer('update', () => null),
    cut: async () => fake.cut(),
    fingerprint: async () => [fake.data.namespaces(), fake.data.find(BEAT, {})],
    async [Symbol.asyncDispose]() {
      clearInterval(noops)
      await fake[Symbol.asyncDispose]()
    },
  }
}

/** The documents are on both shards. */
function write(fake: FakeMongodb, changes: readonly RowChange[]): void {
  fake.transaction(() => {
    for (const change of changes) {
      if ('insert' in change) fake.insert('shop.item', { _id: change.insert, note: 'x' })
      else if ('update' in change) fake.data.update('shop.item', { _id: change.update }, { $set: { note: 'y' } })
      else fake.data.delete('shop.item', { _id: change.delete })
    }
  })
}

readerSuite(STAGE, READER)
beatSuite(STAGE, BEATS)
commandSuite(STAGE)

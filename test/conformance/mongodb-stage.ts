import { shellCommandText } from '../../src/sources/mongodb/connect/command-text.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { sharedMongodb, startMongodb } from '../support/mongodb.ts'
import { rollOver } from '../support/mongodb-rollover.ts'
import { type WatchedMongodb, watchedMongodb } from '../support/mongodb-watched.ts'
import { mongoshMissing, pasteIntoMongosh } from '../support/mongosh.ts'
import type { RowChange, Stage, StageDatabase } from './stage.ts'

interface MongodbStageDatabase extends StageDatabase {
  readonly watched: WatchedMongodb
}

export const MONGODB_STAGE: Stage<MongodbStageDatabase> = {
  name: 'mongodb',
  kind: 'mongodb',
  // Figures of the server's status; the oplog is seen with what a connector needs.
  hasMonitoring: true,
  open: async () => prepared(await watchedMongodb(await sharedMongodb({ auth: true }))),
  reader: {
    // The test of a lost position removes the log, and other tests need that of the shared server.
    open: async () =>
      prepared(await watchedMongodb(await startMongodb({ auth: true, settings: { smallOplog: true } }))),
    async begin({ watched: { admin, name } }, ids) {
      const session = admin.startSession()
      session.startTransaction()
      await admin
        .db(name)
        .collection<{ _id: number }>('item')
        .insertMany(
          ids.map((_id) => ({ _id })),
          { session },
        )
      const end = (how: 'commitTransaction' | 'abortTransaction') => async () => {
        await session[how]()
        await session.endSession()
      }
      return { commit: end('commitTransaction'), rollback: end('abortTransaction') }
    },
    async lose({ watched: { admin, name } }, offset) {
      await rollOver(admin, name)
      return offset
    },
  },
  beat: {
    // The connector's own write creates it.
    createsTable: true,
    hidesPrivileges: true,
    rows: async ({ watched: { admin, heartbeat } }) =>
      await admin.db(heartbeat.database).collection(heartbeat.collection).countDocuments(),
    job: async ({ watched: { admin, heartbeat } }) => {
      const collection = admin.db(heartbeat.database).collection<{ _id: number }>(heartbeat.collection)
      for (const text of ['test_heartbeat', 'job'])
        await collection.updateOne(
          { _id: 1 },
          { $set: { text }, $currentDate: { last_update: true } },
          { upsert: true },
        )
    },
    obstacles: {
      HEARTBEAT_DENIED: async ({ watched: { run, heartbeat, user } }) => {
        const role = { role: `${heartbeat.collection}_writer`, db: 'admin' }
        await run(shellCommandText({ database: 'admin', command: { revokeRolesFromUser: user, roles: [role] } }))
      },
      HEARTBEAT_TABLE_SHAPE: async ({ watched: { admin, heartbeat } }) =>
        void (await admin.db(heartbeat.database).command({
          collMod: heartbeat.collection,
          validator: { text: { $type: 'int' } },
        })),
    },
  },
  doctor: {
    hidesPrivileges: true,
    problems: [
      {
        id: 'heartbeat-table',
        code: 'HEARTBEAT_TABLE_MISSING',
        make: async ({ watched: { admin, heartbeat } }) =>
          void (await admin.db(heartbeat.database).collection(heartbeat.collection).drop()),
      },
      {
        id: 'heartbeat-row',
        code: 'HEARTBEAT_ROW_MISSING',
        make: async ({ watched: { admin, heartbeat } }) =>
          void (await admin.db(heartbeat.database).collection(heartbeat.collection).deleteMany({})),
      },
      {
        id: 'stream-grants',
        code: 'DATABASE_PERMISSION',
        make: async ({ watched: { run, user } }) => {
          const roles = [{ role: `${user}_stream`, db: 'admin' }]
          await run(shellCommandText({ database: 'admin', command: { revokeRolesFromUser: user, roles } }))
        },
      },
    ],
  },
  setup: {
    open: async () => prepared(await watchedMongodb(await sharedMongodb({ auth: true }), { isPrepared: false })),
    paste:
      mongoshMissing() !== null
        ? null
        : async ({ adminUrl }, script) => {
            const errors = await pasteIntoMongosh(String(adminUrl), script)
            if (errors.length > 0) throw new Error(errors.join('\n'))
          },
  },
}

function prepared(watched: WatchedMongodb): MongodbStageDatabase {
  const { admin, name, proxy } = watched
  return {
    watched,
    entry: watched.entry,
    sources: SOURCES,
    adminUrl: watched.server.url(''),
    commit: (changes) => commit(watched, changes),
    commitElsewhere: async () =>
      void (await admin.db(name).collection<{ _id: number }>('unwatched').insertOne({ _id: Date.now() })),
    run: async ({ text }) => await watched.run(text),
    cut: async () => proxy.cutAll(),
    fingerprint: () => fingerprint(watched),
    [Symbol.asyncDispose]: async () => await watched[Symbol.asyncDispose](),
  }
}

/** A single change needs no transaction, and is one event either way. */
async function commit({ admin, name }: WatchedMongodb, changes: readonly RowChange[]): Promise<void> {
  await admin.withSession((session) =>
    session.withTransaction(async () => {
      const item = admin.db(name).collection<{ _id: number; note: string }>('item')
      for (const change of changes) {
        if ('insert' in change) await item.insertOne({ _id: change.insert, note: 'x' }, { session })
        else if ('update' in change) await item.updateOne({ _id: change.update }, { $set: { note: 'y' } }, { session })
        else await item.deleteOne({ _id: change.delete }, { session })
      }
    }),
  )
}

async function fingerprint({ admin, name, heartbeat, user }: WatchedMongodb): Promise<unknown> {
  const isOurs = (role: string) => role.startsWith(user) || role.startsWith(heartbeat.collection)
  const { users } = await admin.db('admin').command({ usersInfo: { user, db: 'admin' } })
  const { roles } = await admin.db('admin').command({ rolesInfo: 1, showPrivileges: true })
  return {
    collections: [await collectionsOf(admin, name), await collectionsOf(admin, heartbeat.database)],
    documents: await admin.db(heartbeat.database).collection(heartbeat.collection).find().toArray(),
    users,
    roles: roles.filter(({ role }: { readonly role: string }) => isOurs(role)),
  }
}

async function collectionsOf(admin: WatchedMongodb['admin'], database: string): Promise<ReadonlySet<string>> {
  const collections = await admin.db(database).listCollections({}, { nameOnly: true }).toArray()
  return new Set(collections.map(({ name }) => name))
}

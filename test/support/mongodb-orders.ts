import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { sharedMongodb } from './mongodb.ts'
import { fakeMongodb } from './mongodb-fake/fake-mongodb.ts'
import { openMongodbShop } from './mongodb-shop.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

/** How the collection goes away. The next order creates it again. */
export const HARMS = ['drop', 'rename', 'dropDatabase'] as const

export type Harm = (typeof HARMS)[number]

/** The watched collection `orders`, the only one of `tables`, and a folder with its source `shop`. */
export interface Orders extends Readonly<Record<Harm, () => Promise<unknown>>>, AsyncDisposable {
  readonly folder: TemporaryFolder
  /** The harm whose next token the server itself refuses, with the reason. null: it refuses none. */
  readonly refused: { readonly harm: Harm; readonly reason: string } | null
  /** Returns the key of its message. */
  insertOrder(): Promise<string>
}

/** What the stream covers: the narrowest scope with the collection and the heartbeat's. */
export const SCOPES = ['collection', 'database', 'cluster'] as const

export type Scope = (typeof SCOPES)[number]

/** The keys of the source that give its stream this scope. */
function entryOf(scope: Scope, database: string): Readonly<Record<string, unknown>> {
  const source = { mode: 'table', ...(scope === 'database' ? { schema: database } : {}) }
  return {
    tables: [`${database}.orders`],
    heartbeat: { interval: '500ms', source: scope === 'collection' ? 'off' : source },
  }
}

const SECANTUSDB_REFUSES = {
  harm: 'dropDatabase',
  reason:
    "SecantusDB 0.7 names the database in the token that comes after its drop, and refuses it for the collection's stream",
} as const

/** On the shared server. */
export async function ordersOnServer(scope: Scope): Promise<Orders> {
  const shop = await openMongodbShop(await sharedMongodb({ auth: true }), (database) => entryOf(scope, database))
  const { admin, database } = shop
  const orders = () => admin.db(database).collection('orders')
  const { secantusVersion } = await admin.db('admin').command({ buildInfo: 1 })
  return {
    ...shop,
    refused: secantusVersion !== undefined && scope === 'collection' ? SECANTUSDB_REFUSES : null,
    drop: () => orders().drop(),
    rename: () => orders().rename(`before_${randomBytes(4).toString('hex')}`),
    dropDatabase: () => admin.db(database).dropDatabase(),
  }
}

/** On the fake, whose tokens and errors are those of the specification. */
export async function ordersOnFake(scope: Scope): Promise<Orders> {
  const fake = await fakeMongodb()
  const folder = temporaryFolder()
  const shop = { kind: 'mongodb', url: fake.url(), tls: { mode: 'disable' }, ...entryOf(scope, 'shop') }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink: { kind: 'sqlite' } }))
  let last = 0
  return {
    folder,
    refused: null,
    async insertOrder() {
      last++
      fake.insert('shop.orders', { _id: last })
      return JSON.stringify({ id: String(last) })
    },
    drop: async () => fake.data.drop('shop.orders'),
    rename: async () => fake.data.rename('shop.orders', `shop.before_${last}`),
    dropDatabase: async () => fake.data.dropDatabase('shop'),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await fake[Symbol.asyncDispose]()
    },
  }
}

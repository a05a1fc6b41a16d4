import { writeFileSync } from 'node:fs'
import { Double, type MongoClient, MongoServerError } from 'mongodb'
import { parse } from 'yaml'
import { splitShellCommand } from '../../src/sources/mongodb/connect/command-text.ts'
import { type OwnMongodbServer, startMongodb } from './mongodb.ts'
import { runOffbeat } from './offbeat.ts'
import type { PreparedShop } from './printed-step.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A database with the collection `orders` on a server of its own, prepared by `offbeat setup`. Disposing ends the server. */
export interface MongodbShop extends PreparedShop, AsyncDisposable {
  readonly own: OwnMongodbServer
  readonly admin: MongoClient
}

interface Order {
  readonly _id: number
}

export async function openMongodbShop({
  entry = {},
  settings = {},
}: {
  readonly entry?: Readonly<Record<string, unknown>>
  readonly settings?: Parameters<OwnMongodbServer['configure']>[0]
} = {}): Promise<MongodbShop> {
  const own = await startMongodb({ auth: true, settings })
  const database = own.createDatabase()
  const admin = own.client()
  const folder = temporaryFolder()
  const shop = {
    kind: 'mongodb',
    url: `mongodb://streamkap_user:planted-password@127.0.0.1:${own.port}/?directConnection=true`,
    tables: [`${database}.orders`],
    heartbeat: { interval: '500ms', source: { mode: 'table' } },
    ...entry,
  }
  // JSON is valid YAML.
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink: { kind: 'sqlite' } }))
  const orders = admin.db(database).collection<Order>('orders')
  await admin.db(database).createCollection('orders')
  const opened: MongodbShop = {
    own,
    admin,
    folder,
    database,
    server: {
      query: (_database, text) => runPrinted(admin, text),
    },
    async insertOrder() {
      const [last] = await orders.find().sort({ _id: -1 }).limit(1).toArray()
      const _id = (last?._id ?? 0) + 1
      await orders.insertOne({ _id })
      return JSON.stringify({ id: String(_id) })
    },
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await admin.close()
      await own[Symbol.asyncDispose]()
    },
  }
  const env = { OFFBEAT_ADMIN_URL: own.url('') }
  const { code, stderr } = await runOffbeat(['setup', 'shop', '--apply', '--yes'], { cwd: folder.path, env })
  if (code !== 0) throw new Error(`the setup failed: ${stderr}`)
  return opened
}

/** SecantusDB does not know the command that sets how long the oplog is kept. */
const UNKNOWN_COMMAND = 59

async function runPrinted(admin: MongoClient, text: string): Promise<void> {
  const split = splitShellCommand(text)
  if (split === null) throw new Error(`not a command: ${text}`)
  const command = parse(split.command)
  const [, hours] = /^Double\((\d+)\)$/u.exec(command.minRetentionHours ?? '') ?? []
  if (hours !== undefined) command.minRetentionHours = new Double(Number(hours))
  await admin
    .db(split.database)
    .command(command)
    .catch((error: unknown) => {
      const isUnknown = error instanceof MongoServerError && error.code === UNKNOWN_COMMAND
      if (!isUnknown || command.replSetResizeOplog === undefined) throw error
    })
}

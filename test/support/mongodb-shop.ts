import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { Double, type MongoClient, MongoServerError } from 'mongodb'
import { parse } from 'yaml'
import { splitShellCommand } from '../../src/sources/mongodb/connect/command-text.ts'
import type { MongodbServer } from './mongodb.ts'
import { runOffbeat } from './offbeat.ts'
import type { PreparedShop } from './printed-step.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A database with the collection `orders`, prepared by `offbeat setup`. Disposing also disposes its server. */
export interface MongodbShop extends PreparedShop, AsyncDisposable {
  readonly admin: MongoClient
}

interface Order {
  readonly _id: number
}

/** `server`: one whose clients log in. `entry`: keys of the source. */
export async function openMongodbShop(
  server: MongodbServer,
  entry: Readonly<Record<string, unknown>> | ((database: string) => Readonly<Record<string, unknown>>) = {},
): Promise<MongodbShop> {
  const database = server.createDatabase()
  const admin = server.client()
  const folder = temporaryFolder()
  const login = `user_${randomBytes(4).toString('hex')}:planted-password`
  const shop = {
    kind: 'mongodb',
    url: server.url('').replace(/\/\/[^@]*@([^/?]+)[^?]*\?.*/u, `//${login}@$1/?directConnection=true`),
    tables: [`${database}.orders`],
    heartbeat: { interval: '500ms', source: { mode: 'table' } },
    ...(typeof entry === 'function' ? entry(database) : entry),
  }
  // JSON is valid YAML.
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink: { kind: 'sqlite' } }))
  const orders = admin.db(database).collection<Order>('orders')
  await admin.db(database).createCollection('orders')
  let last = 0
  const opened: MongodbShop = {
    admin,
    folder,
    database,
    server: {
      query: (_database, text) => runPrinted(admin, text),
    },
    async insertOrder() {
      last++
      await orders.insertOne({ _id: last })
      return JSON.stringify({ id: String(last) })
    },
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await admin.close()
      await server[Symbol.asyncDispose]()
    },
  }
  const env = { OFFBEAT_ADMIN_URL: server.url('') }
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

import { type MongoClient, MongoServerError } from 'mongodb'
import { parse } from 'yaml'
import { splitShellCommand } from '../../src/sources/mongodb/connect/command-text.ts'
import { MONGODB } from '../../src/sources/mongodb/definition.ts'
import type { MongodbServer } from './mongodb.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** Two collections in a database of their own, and the entry of a user that the connector logs in as. */
export interface WatchedMongodb extends AsyncDisposable {
  readonly server: MongodbServer
  readonly admin: MongoClient
  readonly name: string
  readonly user: string
  readonly password: string
  readonly heartbeat: { readonly database: string; readonly collection: string }
  /** Its entry in `offbeat.yaml`. Its URL leads through the proxy. */
  readonly entry: Readonly<Record<string, unknown>>
  readonly proxy: TcpProxy
  /** Runs a printed command as the administrator. */
  run(text: string): Promise<void>
}

const PASSWORD = 'planted-password'

/** `isPrepared`: the user exists, with what a connector needs. Disposing removes all of it from a shared server. */
export async function watchedMongodb(
  server: MongodbServer,
  {
    isPrepared = true,
    entry: more = {},
  }: { readonly isPrepared?: boolean; readonly entry?: Readonly<Record<string, unknown>> } = {},
): Promise<WatchedMongodb> {
  const name = server.createDatabase()
  const label = name.slice(-24)
  const user = `u_${label}`
  const heartbeat = { database: `hb_${label}`, collection: `streamkap_heartbeat_${label}` }
  const admin = server.client()
  const url = new URL(server.url('').replace(/^mongodb:/, 'http:'))
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  const entry = {
    kind: 'mongodb',
    url: `mongodb://${user}:${PASSWORD}@127.0.0.1:${proxy.port}/?directConnection=true`,
    tables: [`${name}.item`],
    heartbeat: {
      interval: '500ms',
      source: { mode: 'table', schema: heartbeat.database, table: heartbeat.collection },
    },
    ...more,
  }
  await admin.db(name).createCollection('item')
  await admin.db(name).createCollection('unwatched')
  const run = async (text: string) => {
    const split = splitShellCommand(text)
    if (split === null) throw new Error(`not a command: ${text}`)
    await admin.db(split.database).command(parse(split.command)).catch(ignoreExisting)
    // SecantusDB gives a connection the roles that its user had at the login.
    proxy.cutAll()
  }
  if (isPrepared) {
    await prepare(entry, run)
    await admin.db(heartbeat.database).createCollection(heartbeat.collection)
  }
  return {
    server,
    admin,
    name,
    user,
    password: PASSWORD,
    heartbeat,
    entry,
    proxy,
    run,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await admin.db(name).dropDatabase()
      await admin.db(heartbeat.database).dropDatabase()
      await admin.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** In the shell, the statement after one that failed runs all the same. */
function ignoreExisting(error: unknown): void {
  const isRole = error instanceof MongoServerError && error.code === 51_002
  if (!isRole) throw error
}

/** Runs what `setup` prints, except the first heartbeat. */
async function prepare(entry: Readonly<Record<string, unknown>>, run: (text: string) => Promise<void>): Promise<void> {
  const about = {
    service: 'self-managed',
    readOnly: false,
    monitoring: false,
    schedulerDatabase: null,
    accountHost: null,
  }
  const plan = MONGODB.setup?.plan(MONGODB.config.parse(entry), { source: 'shop', ...about })
  const steps = plan?.steps.filter(({ id, by }) => by === 'setup' && id !== 'heartbeat-collection') ?? []
  for (const { fix, placeholder } of steps)
    for (const each of fix)
      await run(placeholder === undefined ? each.text : each.text.replace(placeholder, JSON.stringify(PASSWORD)))
}

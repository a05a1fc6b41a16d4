import { randomBytes } from 'node:crypto'
import type { MongoClient } from 'mongodb'
import type { LocalMongodb } from '../../../local-server/mongodb/local-mongodb.ts'
import { Secret } from '../../../model/secret.ts'
import { MONGODB } from '../../../sources/mongodb/definition.ts'
import type { Context } from '../../../sources/source.ts'
import { prepareBySetup } from '../prepare-by-setup.ts'

/** Where a connector finds the quiet collection. */
export type QuietSource = {
  readonly url: string
  readonly tables: readonly string[]
}

/** Creates the quiet collection and the busy one, and prepares the server as `offbeat setup --apply` does. */
export async function prepareServer(
  server: LocalMongodb,
  admin: MongoClient,
  context: Context,
  signal: AbortSignal,
): Promise<QuietSource> {
  await admin.db('shop').createCollection('orders')
  await admin.db('busy').createCollection('events')
  const password = new Secret(randomBytes(12).toString('hex'))
  const login = `streamkap_user:${password.reveal()}`
  const source = {
    url: `mongodb://${login}@${server.host}:${server.port}/?directConnection=true`,
    tables: ['shop.orders'],
  }
  // The connector writes the heartbeats, so that the demo needs no job outside.
  const config = MONGODB.config.parse({ kind: 'mongodb', ...source, heartbeat: { source: { mode: 'table' } } })
  await prepareBySetup({ definition: MONGODB, config, password, adminUrl: server.url(''), context, signal })
  return source
}

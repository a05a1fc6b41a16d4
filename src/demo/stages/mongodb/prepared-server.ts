import { randomBytes } from 'node:crypto'
import type { MongoClient } from 'mongodb'
import type { LocalMongodb } from '../../../local-server/mongodb/local-mongodb.ts'
import { Secret } from '../../../model/secret.ts'
import { applySetup } from '../../../setup/setup-apply.ts'
import { checkSetup } from '../../../setup/setup-check.ts'
import { MONGODB } from '../../../sources/mongodb/definition.ts'
import type { Context } from '../../../sources/source.ts'

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
  const { setup, admin: openAdmin } = MONGODB
  const [service = ''] = setup.services
  const plan = setup.plan(config, {
    source: context.source,
    service,
    readOnly: false,
    monitoring: false,
    schedulerDatabase: null,
    accountHost: null,
  })
  await using session = await openAdmin(config, new Secret(server.url('')), context, signal)
  const checks = await checkSetup(plan, session, signal)
  await applySetup({ checks, admin: session, password, signal, onDone: () => undefined })
  return source
}

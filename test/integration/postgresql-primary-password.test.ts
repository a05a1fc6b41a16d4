import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { asOffbeatError } from '../../src/model/error.ts'
import { fullConnection } from '../../src/sources/connection-schema.ts'
import { POSTGRESQL_DEFAULTS, postgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'

/** Connects to the primary, time after time, as a process does that loaded its configuration once: gives the user, or the code. */
async function primaryOf(shop: Shop): Promise<() => Promise<string>> {
  const { sources } = await loadConfig({
    path: shop.folder.file('offbeat.yaml'),
    workingDirectory: '/',
    env: {},
    readFile: (path) => readFile(path, 'utf8'),
    rightsOf: async () => ({ mode: 0o600, owner: 0 }),
    registry: SOURCES,
  })
  const connection = sources[0]?.config.primary
  if (connection == null) throw new Error('there is no primary')
  const config = {
    ...postgresqlConfig.parse({ kind: 'postgresql', url: shop.url }),
    connection: fullConnection(connection, POSTGRESQL_DEFAULTS),
  }
  const signal = new AbortController().signal
  return async () => {
    try {
      await using primary = await connectPostgres(config, { source: 'shop', use: 'inspect', signal })
      const [row] = await primary.query('SELECT current_user::text AS name')
      return row?.['name'] ?? ''
    } catch (thrown) {
      return asOffbeatError(thrown).code
    }
  }
}

test('the password of the primary that is changed in its file is taken by a process that runs', async () => {
  await using shop = await openShop(await sharedPostgresql())
  const role = `watcher_${shop.slot}`.slice(0, 60)
  await shop.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'planted1'`)
  try {
    const file = shop.folder.file('password')
    writeFileSync(file, 'planted1\n')
    const { host, port } = shop.server
    const primary = { host, port, user: role, passwordFile: 'password' }
    shop.configure({ readOnly: true, heartbeat: { interval: '1s', source: { mode: 'job' } }, primary })
    const connect = await primaryOf(shop)
    expect(await connect()).toBe(role)
    await shop.sql(`ALTER ROLE ${role} PASSWORD 'planted2'`)
    expect(await connect()).toBe('DATABASE_PASSWORD_FILE_WRONG')
    writeFileSync(file, 'planted2\n')
    expect(await connect()).toBe(role)
  } finally {
    await shop.sql(`DROP ROLE ${role}`)
  }
})

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { OffbeatError } from '../../src/model/error.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { readFrom, watchedDatabase } from '../support/postgresql-reading.ts'
import { versionsOf } from '../support/postgresql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

/** Servers from Debian know GSSAPI; those from npm do not. */
const WITH_GSSAPI = versionsOf([15, 19])

describe.each(WITH_GSSAPI)('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    'promise 11: a login method that the driver does not have stops the connector with the line of pg_hba.conf',
    async () => {
      await using server = await startPostgresql({ version })
      await using database = await watchedDatabase(server)
      const path = `${server.dataDir}/pg_hba.conf`
      const before = readFileSync(path, 'utf8')
      writeFileSync(path, `host all ${database.user} 127.0.0.1/32 gss\n${before}`)
      await database.query('SELECT pg_reload_conf()')
      const error = await waitFor({ until: 'the rule is in force' }, () => loginError(database.config))
      expect(error).toMatchObject({ code: 'DATABASE_LOGIN_METHOD', retry: false, found: 'GSSAPI' })
      const [, line = ''] = /: (host.*)$/u.exec(error instanceof OffbeatError ? (error.fix[0]?.text ?? '') : '') ?? []
      writeFileSync(
        path,
        `${line.replace('<address of this machine>', '127.0.0.1').replace('scram-sha-256', 'trust')}\n${before}`,
      )
      await database.query('SELECT pg_reload_conf()')
      await waitFor({ until: 'the printed line is in force' }, async () => (await loginError(database.config)) === null)
      await using reading = await readFrom('now', database.config)
      await reading.firstOffset()
    },
  )
})

async function loginError(config: PostgresqlConfig): Promise<unknown> {
  try {
    await using _session = await connectPostgres(config, {
      source: 'shop',
      use: 'log',
      signal: new AbortController().signal,
    })
    return null
  } catch (error) {
    return error
  }
}

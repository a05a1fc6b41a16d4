import { describe } from 'vitest'
import { SOURCES } from '../../src/sources/registry.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION, type PostgresVersion } from '../support/postgresql-versions.ts'
import { type SourceStage, sourceSuite } from './source-suite.ts'

for (const version of EVERY_VERSION) {
  describe.skipIf(postgresqlMissing(version) !== null)('PostgreSQL', () => {
    sourceSuite(`postgresql ${version}`, () => postgresqlStage(version))
  })
}

async function postgresqlStage(version: PostgresVersion): Promise<SourceStage> {
  const server = await sharedPostgresql(version)
  const database = await watchedDatabase(server)
  await database.query('CREATE TABLE unwatched (id int)')
  const insert = (ids: readonly number[]) => `INSERT INTO item VALUES ${ids.map((id) => `(${id}, 'x')`).join(', ')}`
  return {
    definition: await SOURCES.load('postgresql'),
    config: database.config,
    async insert(ids) {
      await database.query(insert(ids))
    },
    async insertOverlapping(first, second) {
      await using connection = await server.connect(database.name)
      await connection.query('BEGIN')
      await connection.query(insert(first))
      await database.query(insert(second))
      await connection.query('COMMIT')
    },
    async insertUnwatched() {
      await database.query('INSERT INTO unwatched VALUES (1)')
    },
    async breakConnections() {
      // Waits until they are gone: the slot is busy until then.
      await database.query(
        `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = '${database.user}'`,
      )
    },
    async losePlace() {
      await server.dropSlots(database.name)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

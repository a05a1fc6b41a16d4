import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Capture } from '../support/captured-tables.ts'
import { type PostgresVersion, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'

const VERSIONS: readonly PostgresVersion[] = [18, 14]

describe.each(VERSIONS)('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    'promise 9: what lies before a hole in the log is delivered, and missing is only what comes after it',
    async () => {
      await using server = await startPostgresql({ version, settings: { autovacuum: 'off' } })
      await using database = await watchedDatabase(server)
      await using capture = await Capture.of(database)
      const names: unknown[] = []
      for (const note of ['before', 'within', 'after']) {
        const [row] = await database.query('SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS name')
        names.push(row?.['name'])
        await database.query(`INSERT INTO item VALUES (${names.length}, '${note}')`)
        await database.query('SELECT pg_switch_wal()')
      }
      renameSync(join(server.dataDir, 'pg_wal', String(names[1])), join(server.dataDir, 'aside'))
      const error = await capture.toHead().catch((thrown: unknown) => thrown)
      const delivered = capture.messages('shop.public.item')
      expect(delivered.map(({ value }) => value.after)).toEqual([{ id: 1, note: 'before' }])
      const missing = { from: delivered[0]?.position }
      expect(error).toMatchObject({ code: 'POSTGRES_WAL_REMOVED', loss: { missing } })
    },
  )
})

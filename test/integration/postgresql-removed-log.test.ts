import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectLog } from '../../src/sources/postgresql/inspect/inspect.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { afterStatement } from '../support/after-statement.ts'
import { Capture } from '../support/captured-tables.ts'
import { connectReadOnly } from '../support/connect-read-only.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

/** Moves the slot up to the end of the log, and waits until the server has removed what it needed before. */
async function moveOn({ query, config }: WatchedDatabase): Promise<void> {
  const [before] = await query(`SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = '${config.slot}'`)
  await waitFor({ until: 'the segment of the old position is removed' }, async () => {
    await query('INSERT INTO item SELECT max(id) + 1 FROM item')
    await query('SELECT pg_switch_wal()')
    await query('CHECKPOINT')
    await query(`SELECT pg_replication_slot_advance('${config.slot}', pg_current_wal_lsn())`)
    const [row] = await query(
      `SELECT min(name) > pg_walfile_name('${before?.['restart_lsn']}') AS gone FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'`,
    )
    return row?.['gone'] === true
  })
}

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
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
      const missing = { from: String(delivered[0]?.position) }
      expect(error).toMatchObject({ code: 'POSTGRES_WAL_REMOVED', loss: { missing } })
    },
  )

  test.skipIf(postgresqlMissing(version) !== null)(
    'promise 11: a slot that moves on during an inspection lacks none of the files that the server then removes',
    async () => {
      const settings = { autovacuum: 'off', min_wal_size: '32MB', max_wal_size: '32MB' }
      await using server = await startPostgresql({ version, settings })
      await using database = await watchedDatabase(server)
      const { config, query } = database
      await query(`GRANT pg_monitor TO ${database.user}; INSERT INTO item VALUES (1)`)
      const startOffset = await firstOffsetOf(config)
      const [end] = await query('SELECT pg_current_wal_lsn()::text AS lsn')
      const offset = { ...startOffset, position: LSN_POSITIONS.parse(String(end?.['lsn'])) }
      const { signal } = new AbortController()
      await using connection = await connectReadOnly(config, 'shop', signal)
      afterStatement(connection, 'pg_catalog.pg_publication WHERE', () => moveOn(database))
      const state = await inspectLog({ connection, config, context: { source: 'shop' }, offset: () => offset, signal })
      expect(state.resume).toMatchObject({ can: 'yes' })
    },
  )
})

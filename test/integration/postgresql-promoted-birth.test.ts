import { describe, expect, test } from 'vitest'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { Reading, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { startStandby } from '../support/postgresql-standby.ts'
import { waitFor } from '../support/wait-for.ts'

describe.skipIf(postgresqlMissing(18) !== null)('a standby promoted while the slot is made on it', () => {
  test('promise 4: the first offset names the timeline that it lies on, and reading goes on from it', async () => {
    await using primary = await startPostgresql({ settings: { autovacuum: 'off' } })
    await using database = await watchedDatabase(primary)
    await using standby = await startStandby(primary)
    await standby.catchUp()
    const config = {
      ...withConnection(database.config, { hosts: [{ host: standby.host, port: standby.port }] }),
      readOnly: true,
    }
    await using first = await Reading.from('now', config, 'all')
    await waitFor({ until: 'the creation waits' }, async () => {
      const [row] = await standby.query('postgres', 'SELECT confirmed_flush_lsn FROM pg_replication_slots')
      return row !== undefined && row['confirmed_flush_lsn'] === null
    })
    await standby.promote()
    await standby.query(database.name, 'CHECKPOINT')
    const offset = await first.birth()
    expect(offset.server).toMatchObject({ timeline: '2' })
    // The stream that began on the old timeline says nothing for the new one.
    expect(await first.failure()).toMatchObject({ code: 'POSTGRES_STANDBY_PROMOTED', retry: true })
    await first[Symbol.asyncDispose]()
    await using second = await Reading.from(offset, config)
    await standby.query(database.name, "INSERT INTO item VALUES (1, 'after')")
    await second.until('the row', () => second.ids.length === 1)
  })
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { Capture } from '../support/captured-tables.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, refusal, watchedDatabase } from '../support/postgresql-reading.ts'
import { expectProofs } from '../support/promotion-proof.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

/** Starts the server as a standby of nobody and promotes it: the same system on a new timeline, with its slots. */
async function promote(server: PostgresServer): Promise<void> {
  await server.stop('fast')
  await writeFile(join(server.dataDir, 'standby.signal'), '')
  await server.start()
  await server.query('postgres', 'SELECT pg_promote()')
  await waitFor({ until: 'the server is a primary' }, async () => {
    const [row] = await server.query('postgres', 'SELECT pg_is_in_recovery() AS standby')
    return row?.['standby'] === false
  })
}

describe.skipIf(postgresqlMissing(18) !== null)('a promoted server', () => {
  test('promise 4: reading goes on with the proof in the ledger, and not from a position after the switch', async () => {
    await using server = await startPostgresql()
    await using database = await watchedDatabase(server)
    const offset = await firstOffsetOf(database.config)
    await promote(server)
    await using probe = await openProbe(database.config, readingContext)
    expect((await probe.inspect(() => offset, new AbortController().signal)).resume).toMatchObject({
      can: 'yes',
      as: 'promoted',
    })
    await database.query("INSERT INTO item VALUES (1, 'after')")
    const [{ lsn } = {}] = await database.query('SELECT pg_current_wal_lsn()::text AS lsn')
    const beyond = { ...offset, position: LSN_POSITIONS.parse(String(lsn)) }
    expect(await refusal(beyond, database.config)).toMatchObject({
      code: 'POSTGRES_TIMELINE_DIVERGED',
      kind: 'lost position',
      found: expect.stringMatching(/^timeline 2, which branched off timeline 1 at /),
    })
    await using reading = await readFrom(offset, database.config)
    await reading.until(
      'the row and progress',
      () => reading.ids.length === 1 && reading.events.at(-1)?.type === 'progress',
    )
    expect(reading.notices[0]).toMatchObject({
      code: 'POSTGRES_PROMOTED',
      ledger: expect.stringMatching(
        /^promoted: timeline 1 became 2 of the same system, and the offset [0-9A-F/]+ is at or before the switch at [0-9A-F/]+$/,
      ),
    })
    const progress = reading.events.findLast((event) => event.type === 'progress')
    expect(progress?.offset.server).toEqual({ ...offset.server, timeline: '2' })
  })

  test('promise 4: the ledger has the proof of the promotion once', async () => {
    await using server = await startPostgresql()
    await using database = await watchedDatabase(server)
    await using capture = await Capture.of(database)
    await promote(server)
    await database.query("INSERT INTO item VALUES (1, 'after')")
    await capture.toHead()
    expectProofs(await capture.ledger(), [1])
  })
})

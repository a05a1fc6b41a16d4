import { describe, expect, test } from 'vitest'
import { OffbeatError } from '../../src/model/error.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { Position } from '../../src/model/position.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { passUnreadable } from '../../src/sources/postgresql/read/unreadable.ts'
import { Capture } from '../support/captured-tables.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'

/** A type whose values the server can take, and cannot write: the output function is another one. */
async function withBrokenType(database: WatchedDatabase, output: string): Promise<void> {
  await database.query(
    `CREATE TYPE broken;
     CREATE FUNCTION broken_in(cstring) RETURNS broken LANGUAGE internal IMMUTABLE STRICT AS 'textin';
     CREATE FUNCTION broken_out(broken) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
     CREATE TYPE broken (INPUT = broken_in, OUTPUT = broken_out);
     CREATE FUNCTION raises(broken) RETURNS text LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '42501'; END $$;
     CREATE TABLE odd (id int PRIMARY KEY, value broken);
     ALTER PUBLICATION streamkap_pub ADD TABLE odd`,
  )
  await database.query(`UPDATE pg_type SET typoutput = ${output} WHERE typname = 'broken'`)
}

const BROKEN = [
  { output: '99999', sqlstate: 'XX000', code: 'DATABASE_ERROR' },
  { output: "'raises(broken)'::regprocedure", sqlstate: 'XX000', code: 'POSTGRES_FUNCTION_FAILED' },
]

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null).each(BROKEN)(
    'promise 11: a change that the server fails at with $sqlstate is unknown: named, retried, and passed by when asked',
    async ({ output, sqlstate, code }) => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { config } = database
      const offset = await firstOffsetOf(config)
      await withBrokenType(database, output)
      await database.query("INSERT INTO item VALUES (1, 'before')")
      await database.query("INSERT INTO odd VALUES (2, 'planted')")
      await database.query("INSERT INTO item VALUES (3, 'after')")
      const { error, before } = await streamEnd(database, offset)
      expect(error).toMatchObject({
        code,
        kind: 'unknown',
        retry: true,
        details: expect.objectContaining({ sqlstate }),
      })
      expect(error.message).toContain(`the replication slot ${config.slot}`)
      expect(error.found).toMatch(/at [0-9A-F]+\/[0-9A-F]+ in the log; statement: START_REPLICATION SLOT/u)
      expect(error.fix.at(-1)?.text).toBe('offbeat offsets skip shop --unreadable')
      expect(JSON.stringify(error) + String(error)).not.toContain('planted')

      const [head] = await database.query('SELECT pg_current_wal_lsn()::text AS lsn')
      const signal = new AbortController().signal
      const passage = {
        config,
        context: readingContext,
        from: before,
        head: LSN_POSITIONS.parse(String(head?.['lsn'])),
        signal,
      }
      expect(await passUnreadable(passage)).toMatchObject({ more: false })
    },
  )

  test.skipIf(postgresqlMissing(version) !== null)(
    'promise 11: what comes before a change that the server fails at is delivered',
    async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await withBrokenType(database, '99999')
      await using capture = await Capture.of(database)
      await database.query("INSERT INTO item VALUES (1, 'before')")
      await database.query("INSERT INTO odd VALUES (2, 'planted')")
      await expect(capture.toHead()).rejects.toMatchObject({ code: 'DATABASE_ERROR' })
      expect(capture.changes('shop.public.item')).toHaveLength(1)
    },
  )
})

/** The error that ends the stream, and the end of the last transaction before it. */
async function streamEnd(
  database: WatchedDatabase,
  offset: Offset,
): Promise<{ readonly error: OffbeatError; readonly before: Position }> {
  await using reading = await readFrom(offset, database.config)
  const error = await reading.failure()
  if (!(error instanceof OffbeatError)) throw error
  return { error, before: reading.commits.at(-1)?.offset.position ?? offset.position }
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { type ExaminedDatabase, examineNow, runPrinted } from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { pasteErrorFix } from '../support/printed-error.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const TABLE = '"Herz schlag"."select"'

/** Keeps the row from being written, until it is disposed or what is printed is run. */
type Obstacle = (database: WatchedDatabase, with_: AsyncDisposableStack) => Promise<unknown>

const swallow = `CREATE FUNCTION "Herz schlag"."order"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`

interface Row {
  readonly code: string
  readonly what: string
  readonly block: Obstacle
  /** Of what is found, beside the code. */
  readonly named: RegExp
  /** null: the first way; otherwise the words of the alternative. */
  readonly choice: RegExp | null
  /** Only where a session may see others'. */
  readonly withSight?: boolean
}

/** Another session that locks something in a transaction, as an application of this name. */
function locking(statement: string): Obstacle {
  return async ({ server, name }, with_) => {
    const session = with_.use(await server.connect(name))
    await session.query("SET application_name = 'the shop''s app'")
    await session.query('BEGIN')
    await session.query(statement)
  }
}

/** A read that is never ended, and a change of the table that waits for it and makes everybody else wait. */
const queue: Obstacle = async (database, with_) => {
  await locking(`SELECT FROM ${TABLE}`)(database, with_)
  const waiting = with_.use(await database.server.connect(database.name))
  const ended = waiting.query(`ALTER TABLE ${TABLE} ADD COLUMN "new one" int`).catch(() => undefined)
  with_.defer(() => void ended)
  await waitFor({ until: 'the change waits' }, async () => {
    const rows = await database.query(`SELECT FROM pg_locks WHERE NOT granted AND relation = '${TABLE}'::regclass`)
    return rows.length > 0
  })
}

const run =
  (...statements: readonly string[]): Obstacle =>
  async ({ query }) => {
    for (const statement of statements) await query(statement)
  }

const OBSTACLES: readonly Row[] = [
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a session that locks the row',
    block: locking(`SELECT FROM ${TABLE} FOR UPDATE`),
    named: /process \d+ \(user postgres, application the shop's app\)/,
    choice: /end the session/,
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a session that locks the row, to a user with pg_monitor',
    block: locking(`UPDATE ${TABLE} SET text = 'x'`),
    named: /application the shop's app, in a transaction: idle in transaction, for \d/,
    choice: /end the session/,
    withSight: true,
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a session that locks the table',
    block: locking(`LOCK TABLE ${TABLE} IN SHARE MODE`),
    named: /process \d+ \(user postgres/,
    choice: /end the session/,
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a change of the table that waits for a reader',
    block: queue,
    named: /process \d+ .*; process \d+ /,
    choice: /end the session/,
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a prepared transaction',
    block: run(`BEGIN; UPDATE ${TABLE} SET text = 'x'; PREPARE TRANSACTION 'it''s left'`),
    named: /the prepared transaction 'it''s left' of postgres, for /,
    choice: null,
  },
  {
    code: 'HEARTBEAT_SUPPRESSED',
    what: 'a trigger',
    block: run(
      swallow,
      `CREATE TRIGGER "My ""odd"" Trigger" BEFORE UPDATE ON ${TABLE} FOR EACH ROW EXECUTE FUNCTION "Herz schlag"."order"()`,
    ),
    named: /the trigger "My ""odd"" Trigger" \(function "Herz schlag"."order"\)/,
    choice: null,
  },
  {
    code: 'HEARTBEAT_SUPPRESSED',
    what: 'a rule',
    block: run(`CREATE RULE "правило" AS ON UPDATE TO ${TABLE} DO INSTEAD NOTHING`),
    named: /the rule "правило"/,
    choice: null,
  },
]

const ROW_SECURITY = `ALTER TABLE ${TABLE} ENABLE ROW LEVEL SECURITY`

const PREPARE = [
  'ALTER SCHEMA streamkap RENAME TO "Herz schlag"',
  'ALTER TABLE "Herz schlag".streamkap_heartbeat RENAME TO "select"',
  `INSERT INTO ${TABLE} (text, last_update) VALUES ('test_heartbeat', now() - interval '1 hour')`,
]

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('what keeps a beat from being written', () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgresql({ version })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    async function examinedIn(database: WatchedDatabase): Promise<ExaminedDatabase> {
      for (const statement of PREPARE) await database.query(statement)
      const { heartbeat } = database.config
      const source = { ...heartbeat.source, schema: 'Herz schlag', table: 'select', intervalMs: 1000 }
      const config = { ...database.config, heartbeat: { ...heartbeat, source } }
      return { database, config, signs: { ...NO_SIGNS, running: { sinceMs: 0 } } }
    }

    async function beatOnce({ config }: ExaminedDatabase): Promise<unknown> {
      await using probe = await openProbe(config, readingContext)
      return await probe.beat?.('offbeat:shop:1', new AbortController().signal).then(
        () => 'written',
        (error: unknown) => error,
      )
    }

    async function blocked(
      row: Row,
      database: WatchedDatabase,
      with_: AsyncDisposableStack,
    ): Promise<ExaminedDatabase> {
      const examined = await examinedIn(database)
      if (row.withSight === true) await database.query(`GRANT pg_monitor TO ${database.user}`)
      await row.block(database, with_)
      return examined
    }

    test.each(OBSTACLES)('$code: $what is named by the beat, and ended by what its error prints', async (row) => {
      await using database = await watchedDatabase(server)
      await using with_ = new AsyncDisposableStack()
      const examined = await blocked(row, database, with_)
      const error = await beatOnce(examined)
      expect(error).toMatchObject({ code: row.code, found: expect.stringMatching(row.named) })
      await pasteErrorFix(error, database, row.choice)
      await waitFor({ until: 'a beat is written' }, async () => (await beatOnce(examined)) === 'written')
    })

    // From 16 on pg_publication_tables opens each table, and waits with the change: the doctor ends with DATABASE_STATEMENT_ENDED.
    const examinable = OBSTACLES.filter(({ block }) => version < 16 || block !== queue)
    test.each(examinable)(
      'promise 11: $code: $what is found by the doctor, and ended by what it prints',
      async (row) => {
        await using database = await watchedDatabase(server)
        await using with_ = new AsyncDisposableStack()
        const examined = await blocked(row, database, with_)
        const moves = found(await examineNow(examined), 'postgresql.heartbeat-moves')
        expect(moves).toMatchObject({ status: 'fail', code: row.code, found: expect.stringMatching(row.named) })
        await runPrinted(moves, database, row.choice)
        await waitFor({ until: 'a beat is written' }, async () => (await beatOnce(examined)) === 'written')
        expect(found(await examineNow(examined), 'postgresql.heartbeat-moves')).toMatchObject({ status: 'ok' })
      },
    )

    test.runIf(version >= 16)(
      'promise 11: DATABASE_STATEMENT_ENDED: a change of a published table that waits for a reader hides the published tables alone, and the printed query shows both',
      async () => {
        await using database = await watchedDatabase(server)
        await using with_ = new AsyncDisposableStack()
        const examined = await examinedIn(database)
        await queue(database, with_)
        const unseen = (await examineNow(examined)).filter(({ status, fix }) => status === 'skip' && fix.length > 0)
        expect(unseen.map(({ id }) => id)).toContain('postgresql.heartbeat-published')
        expect(unseen[0]).toMatchObject({
          found: expect.stringMatching(/lock timeout/u),
          expected: 'a database that answers this query',
        })
        const query = unseen[0]?.fix.at(-1)?.text ?? ''
        const rows = await database.query(query)
        expect(rows).toContainEqual(
          expect.objectContaining({ blocked_by: [expect.any(Number)], query: expect.stringContaining('ALTER TABLE') }),
        )
      },
    )

    test('promise 11: HEARTBEAT_SUPPRESSED: row level security is distinguished from a missing row and a missing grant, and each way opens the row', async () => {
      for (const choice of [null, /turn it off/]) {
        await using database = await watchedDatabase(server)
        const examined = await examinedIn(database)
        await database.query(ROW_SECURITY)
        const error = await beatOnce(examined)
        expect(error).toMatchObject({ code: 'HEARTBEAT_DENIED' })
        const row = found(await examineNow(examined), 'postgresql.heartbeat-row')
        expect(row).toMatchObject({ status: 'fail', code: 'HEARTBEAT_SUPPRESSED' })
        if (choice === null) await pasteErrorFix(error, database, choice)
        else await runPrinted(row, database, choice)
        expect(await beatOnce(examined)).toBe('written')
        expect(found(await examineNow(examined), 'postgresql.heartbeat-row')).toMatchObject({ status: 'ok' })
      }
    })

    test('a trigger that keeps the first row from being inserted is no row that was inserted', async () => {
      await using database = await watchedDatabase(server)
      const examined = await examinedIn(database)
      await database.query(`DELETE FROM ${TABLE}`)
      await database.query(swallow)
      await database.query(
        `CREATE TRIGGER gone BEFORE INSERT ON ${TABLE} FOR EACH ROW EXECUTE FUNCTION "Herz schlag"."order"()`,
      )
      const error = await beatOnce(examined)
      expect(error).toMatchObject({ code: 'HEARTBEAT_SUPPRESSED', found: expect.stringContaining('gone') })
      await pasteErrorFix(error, database, null)
      expect(await beatOnce(examined)).toBe('written')
    })

    test('who waits for the row, or has ended, is not named', async () => {
      await using database = await watchedDatabase(server)
      await using with_ = new AsyncDisposableStack()
      const examined = await examinedIn(database)
      await locking(`SELECT FROM ${TABLE} FOR UPDATE`)(database, with_)
      await using waiting = await server.connect(database.name)
      const [own] = await waiting.query('SELECT pg_backend_pid() AS pid')
      const ended = waiting.query(`UPDATE ${TABLE} SET text = 'x'`).catch(() => undefined)
      await waitFor({ until: 'the other waits' }, async () => {
        const rows = await database.query(`SELECT FROM pg_locks WHERE NOT granted AND pid = ${String(own?.['pid'])}`)
        return rows.length > 0
      })
      const error = await beatOnce(examined)
      expect(error).toMatchObject({ code: 'HEARTBEAT_SLOW', found: expect.stringMatching(/process \d+/) })
      expect(error).not.toMatchObject({ found: expect.stringContaining(String(own?.['pid'])) })
      await pasteErrorFix(error, database, /end the session/)
      await ended
    })
  })
})

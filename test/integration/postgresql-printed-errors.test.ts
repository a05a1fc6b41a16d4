import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { quoteIdentifier } from '../../src/sources/postgresql/connect/quoting.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import {
  firstOffsetOf,
  readFrom,
  refusal,
  type WatchedDatabase,
  watchedDatabase,
  withConnection,
} from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { pasteErrorFix } from '../support/printed-error.ts'
import { readingContext } from '../support/reading.ts'

/** The database, as its user by an awkward name. */
interface Awkward extends WatchedDatabase {
  readonly quotedUser: string
}

interface Row {
  readonly code: string
  readonly what: string
  readonly breakIt: (at: Awkward) => Promise<Partial<PostgresqlConfig>>
  /** Gives the error; not an error once it is fixed. */
  readonly attempt: (config: PostgresqlConfig) => Promise<unknown>
  /** Which of the ways is taken; absent: the first. */
  readonly choice?: RegExp
}

const PASSWORD = 'planted-password'

const sql =
  (...statements: readonly string[]) =>
  async ({ query, quotedUser }: Awkward): Promise<Partial<PostgresqlConfig>> => {
    for (const statement of statements) await query(statement.replaceAll('{user}', quotedUser))
    return {}
  }

const start = async (config: PostgresqlConfig): Promise<unknown> =>
  await firstOffsetOf(config).then(
    () => 'it is read',
    (error: unknown) => error,
  )

async function beat(config: PostgresqlConfig): Promise<unknown> {
  try {
    await using probe = await openProbe(config, readingContext)
    await probe.beat?.('offbeat:shop:1', new AbortController().signal)
    return 'it is written'
  } catch (error) {
    return error
  }
}

const messages = async ({ config, query }: Awkward): Promise<Partial<PostgresqlConfig>> => {
  await query(`DO $$ DECLARE f text; BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP
      EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || f || ' FROM PUBLIC'; END LOOP; END $$`)
  return { heartbeat: { ...config.heartbeat, source: { ...config.heartbeat.source, mode: 'message' } } }
}

const ROWS: readonly Row[] = [
  { code: 'DATABASE_LOGIN_REFUSED', what: 'NOLOGIN', breakIt: sql('ALTER ROLE {user} NOLOGIN'), attempt: start },
  {
    code: 'DATABASE_PASSWORD_WRONG',
    what: 'another password',
    breakIt: sql("ALTER ROLE {user} PASSWORD 'another one'"),
    attempt: start,
    choice: /give the user a new password/,
  },
  {
    code: 'POSTGRES_REPLICATION_DENIED',
    what: 'NOREPLICATION',
    breakIt: sql('ALTER ROLE {user} NOREPLICATION'),
    attempt: start,
  },
  {
    code: 'POSTGRES_PUBLICATION_MISSING',
    what: 'no publication',
    breakIt: async (at) => {
      await sql('DROP PUBLICATION streamkap_pub', 'CREATE TABLE "Neue ""Kunden""" (id int PRIMARY KEY)')(at)
      return { publication: 'the "order" pub', tables: ['public.*'] }
    },
    attempt: start,
  },
  {
    code: 'HEARTBEAT_TABLE_MISSING',
    what: 'no schema, a publication of some tables',
    breakIt: sql('DROP SCHEMA streamkap CASCADE'),
    attempt: beat,
  },
  {
    code: 'HEARTBEAT_TABLE_MISSING',
    what: 'no table, a publication of all tables',
    breakIt: sql(
      'DROP TABLE streamkap.streamkap_heartbeat',
      'DROP PUBLICATION streamkap_pub',
      'CREATE PUBLICATION streamkap_pub FOR ALL TABLES',
    ),
    attempt: beat,
  },
  {
    code: 'HEARTBEAT_TABLE_MISSING',
    what: 'no table and no publication',
    breakIt: sql('DROP TABLE streamkap.streamkap_heartbeat', 'DROP PUBLICATION streamkap_pub'),
    attempt: beat,
  },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    what: 'a column is missing',
    breakIt: sql('ALTER TABLE streamkap.streamkap_heartbeat DROP COLUMN last_update'),
    attempt: beat,
  },
  {
    code: 'HEARTBEAT_DENIED',
    what: 'no grants',
    breakIt: sql(
      'REVOKE ALL ON SCHEMA streamkap FROM {user}',
      'REVOKE ALL ON streamkap.streamkap_heartbeat FROM {user}',
    ),
    attempt: beat,
  },
  { code: 'HEARTBEAT_DENIED', what: 'no messages', breakIt: messages, attempt: beat },
]

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('what an error prints is pasted into psql and fixes it', () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgresql({ version })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    /** Its user is renamed, and named again as it was for the end. */
    async function awkward(database: WatchedDatabase, with_: AsyncDisposableStack): Promise<Awkward> {
      const user = `Käufer "${database.user.slice(-8)}" & Söhne`
      const quotedUser = quoteIdentifier(user)
      await database.query(`ALTER ROLE ${database.user} RENAME TO ${quotedUser}`)
      with_.defer(async () => void (await database.query(`ALTER ROLE ${quotedUser} RENAME TO ${database.user}`)))
      return { ...database, user, quotedUser, config: withConnection(database.config, { user }) }
    }

    test.each(ROWS)('$code: $what', async ({ code, breakIt, attempt, choice = null }) => {
      await using database = await watchedDatabase(server)
      await using with_ = new AsyncDisposableStack()
      const at = await awkward(database, with_)
      const config = { ...at.config, ...(await breakIt(at)) }
      const error = await attempt(config)
      expect(error).toMatchObject({ code })
      await pasteErrorFix(error, at, choice, (text) => text.replace('<password>', PASSWORD))
      expect(await attempt(config)).toMatch(/^it is /)
    })

    test('DATABASE_MISSING, HEARTBEAT_READ_ONLY: queries that are printed can be run', async () => {
      await using database = await watchedDatabase(server)
      const missing = await refusal('now', withConnection(database.config, { database: 'no such "one"' }))
      expect(missing).toMatchObject({ code: 'DATABASE_MISSING' })
      await pasteErrorFix(missing, database)
      await database.query(`ALTER ROLE ${database.user} SET default_transaction_read_only = on`)
      const readOnly = await beat(database.config)
      expect(readOnly).toMatchObject({ code: 'HEARTBEAT_READ_ONLY' })
      await pasteErrorFix(readOnly, database)
    })

    // 19 has no such encoding.
    test.skipIf(version > 18)('POSTGRES_ENCODING: the query shows the encodings', async () => {
      await using database = await watchedDatabase(server)
      const name = await server.createDatabase('MULE_INTERNAL')
      const error = await refusal('now', withConnection(database.config, { database: name }))
      expect(error).toMatchObject({ code: 'POSTGRES_ENCODING' })
      await pasteErrorFix(error, database)
    })

    test('DATABASE_TOO_MANY_CONNECTIONS: the queries show the limits and who uses them', async () => {
      await using database = await watchedDatabase(server)
      await database.query(`ALTER ROLE ${database.user} CONNECTION LIMIT 0`)
      const error = await refusal('now', database.config)
      expect(error).toMatchObject({ code: 'DATABASE_TOO_MANY_CONNECTIONS' })
      await pasteErrorFix(error, database)
    })

    test('DATABASE_TLS_REFUSED: TLS is turned on for a server with a certificate', async () => {
      await using database = await watchedDatabase(server)
      const tls = { ...database.config.connection.tls, mode: 'require' as const }
      const error = await refusal('now', withConnection(database.config, { tls }))
      expect(error).toMatchObject({ code: 'DATABASE_TLS_REFUSED' })
      await pasteErrorFix(error, database, /turn TLS on/)
      const [set] = await database.query("SELECT setting FROM pg_file_settings WHERE name = 'ssl'")
      expect(set).toEqual({ setting: 'on' })
      await server.query('postgres', 'ALTER SYSTEM RESET ssl')
      await server.query('postgres', 'SELECT pg_reload_conf()')
    })

    test('POSTGRES_SLOT_IN_USE: a session that reads the slot is ended', async () => {
      await using database = await watchedDatabase(server)
      const offset = await firstOffsetOf(database.config)
      await using first = await readFrom(offset, database.config)
      await first.until('the slot is read', async () => (await database.slot())?.['active'] === true)
      const error = await refusal(offset, database.config)
      expect(error).toMatchObject({ code: 'POSTGRES_SLOT_IN_USE' })
      await pasteErrorFix(error, database, /leftover session/)
      expect(await first.failure()).toMatchObject({ retry: true })
      await using second = await readFrom(offset, database.config)
      await second.until('the slot is read again', async () => (await database.slot())?.['active'] === true)
    })
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { OffbeatError } from '../../src/model/error.ts'
import { outcomeOf } from '../../src/model/error-code.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { connectPostgres, type PostgresConnection } from '../../src/sources/postgresql/connect/connection.ts'
import { listedCode } from '../../src/sources/postgresql/errors/sqlstate.ts'
import { textsOf } from '../support/fix-script.ts'
import { type PostgresServer, postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { refusal, type WatchedDatabase, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { EVERY_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

const never = new AbortController().signal

async function connected(config: PostgresqlConfig): Promise<PostgresConnection> {
  return await connectPostgres(config, { source: 'shop', use: 'beat', signal: never })
}

/** Every state of an error, from the list that the server was built with. */
async function statesOf(server: PostgresServer): Promise<readonly string[]> {
  const [row] = await server.query('postgres', "SELECT setting FROM pg_config WHERE name = 'SHAREDIR'")
  const list = readFileSync(`${row?.['setting']}/errcodes.txt`, 'utf8')
  return [...new Set([...list.matchAll(/^([0-9A-Z]{5}) +E /gm)].map(([, state = '']) => state))]
}

/** The error with which a statement ends. */
async function errorOf(connection: PostgresConnection, statement: string): Promise<OffbeatError> {
  const failed = await connection.query(statement).then(
    () => null,
    (error: OffbeatError) => error,
  )
  if (failed === null) throw new Error(`the server took ${statement}`)
  return failed
}

describe.each(EVERY_VERSION)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('the states of the server', () => {
    test('promise 11: every state that the server can raise is in the table', async () => {
      const states = await statesOf(await sharedPostgresql(version))
      expect(states.length).toBeGreaterThan(240)
      expect(states.filter((state) => listedCode(state) === null)).toEqual([])
    })

    test('promise 11: a function of the database can raise any state: what is not transient is unknown, with function and statement', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(
        `CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = current_setting('gate.state'); END $$;
         CREATE TRIGGER gate BEFORE INSERT ON streamkap.streamkap_heartbeat FOR EACH ROW EXECUTE FUNCTION gate()`,
      )
      await using connection = await connected(database.config)
      for (const state of await statesOf(database.server)) {
        await connection.query(`SELECT set_config('gate.state', '${state}', false)`)
        const error = await errorOf(connection, "INSERT INTO streamkap.streamkap_heartbeat (text) VALUES ('planted')")
        const transient = outcomeOf(listedCode(state) ?? 'DEFECT') === 'transient'
        expect(error, state).toMatchObject({
          code: transient ? listedCode(state) : 'POSTGRES_FUNCTION_FAILED',
          retry: true,
        })
        expect(error.found).toContain(state)
        if (transient) continue
        expect(error.message).toContain(`function gate() of the database ${database.name}`)
        expect(error.message).toContain('the table streamkap.streamkap_heartbeat')
        expect(textsOf(error.fix).join()).toContain("'streamkap.streamkap_heartbeat'::regclass")
      }
    })
  })
})

interface Ended {
  readonly state: string
  readonly code: string
  readonly outcome: 'transient' | 'permanent' | 'unknown'
  readonly since?: number
  /** Statements before it; the last one ends with the error. */
  readonly statements: readonly string[]
  readonly found?: RegExp
}

const ENDED: readonly Ended[] = [
  {
    state: '0A000',
    code: 'DATABASE_ERROR',
    outcome: 'unknown',
    statements: ['SELECT count(*) FROM item FOR UPDATE'],
    found: /statement: SELECT count/u,
  },
  { state: '26000', code: 'DATABASE_ERROR', outcome: 'unknown', statements: ['EXECUTE no_such_statement'] },
  { state: '34000', code: 'DATABASE_ERROR', outcome: 'unknown', statements: ['FETCH ALL FROM no_such_cursor'] },
  { state: '42601', code: 'DATABASE_ERROR', outcome: 'unknown', statements: ['SELEKT 1'] },
  {
    state: '42883',
    code: 'DATABASE_ERROR',
    outcome: 'unknown',
    statements: ['SELECT no_such_function()'],
    found: /no_such_function\(\) does not exist.*raised by ParseFuncOrColumn/u,
  },
  { state: '42P01', code: 'DATABASE_ERROR', outcome: 'unknown', statements: ['SELECT 1 FROM no_such_table'] },
  {
    state: '42501',
    code: 'DATABASE_PERMISSION',
    outcome: 'permanent',
    statements: ['SELECT 1 FROM pg_authid'],
    found: /pg_authid/u,
  },
  { state: '22012', code: 'DATABASE_ERROR', outcome: 'unknown', statements: ['SELECT 1/0'] },
  {
    state: '23502',
    code: 'DATABASE_ERROR',
    outcome: 'unknown',
    statements: ['CREATE TEMP TABLE t (a int NOT NULL)', 'INSERT INTO t VALUES (NULL)'],
  },
  {
    state: '25P02',
    code: 'DATABASE_ERROR',
    outcome: 'unknown',
    statements: ['BEGIN', 'SELECT 1/0', 'SELECT 1'],
  },
  {
    state: '57014',
    code: 'DATABASE_STATEMENT_ENDED',
    outcome: 'transient',
    statements: ["SET statement_timeout = '20ms'", 'SELECT pg_sleep(60)'],
  },
  {
    state: '57014',
    code: 'DATABASE_STATEMENT_ENDED',
    outcome: 'transient',
    statements: ['SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)'],
  },
  {
    state: '57P01',
    code: 'DATABASE_STOPPING',
    outcome: 'transient',
    statements: ['SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)'],
  },
  {
    state: '25P03',
    code: 'DATABASE_SESSION_ENDED',
    outcome: 'transient',
    statements: ["SET idle_in_transaction_session_timeout = '20ms'", 'BEGIN', 'idle'],
  },
  {
    state: '25P04',
    code: 'DATABASE_SESSION_ENDED',
    outcome: 'transient',
    since: 17,
    statements: ["SET transaction_timeout = '20ms'", 'SELECT pg_sleep(60)'],
  },
  {
    state: '57P05',
    code: 'DATABASE_SESSION_ENDED',
    outcome: 'transient',
    statements: ["SET idle_session_timeout = '20ms'", 'idle'],
  },
  {
    state: '53400',
    code: 'DATABASE_OUT_OF_RESOURCES',
    outcome: 'transient',
    statements: [
      "SET work_mem = '64kB'",
      'SELECT count(*) FROM (SELECT g FROM generate_series(1, 100000) g ORDER BY g DESC) s',
    ],
  },
]

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  const rows = ENDED.filter(({ since = 0 }) => version >= since)
  describe.skipIf(postgresqlMissing(version) !== null)(
    'what the server itself ends a statement or a session with',
    () => {
      test.each(rows)(
        'promise 11: $state by $statements is $outcome',
        async ({ state, code, outcome, statements, found = /./u }) => {
          await using database = await watchedDatabase(await sharedPostgresql(version))
          await database.query(
            `ALTER ROLE ${database.user} SET temp_file_limit = '64kB'; GRANT SELECT, UPDATE ON item TO ${database.user}`,
          )
          await using connection = await connected(database.config)
          for (const statement of statements.slice(0, -1)) await connection.query(statement).catch(() => undefined)
          const last = statements.at(-1) ?? ''
          if (last === 'idle') await waitFor({ until: 'the session is over' }, () => !connection.isOpen)
          const error = await errorOf(connection, last)
          expect(error).toMatchObject({ code, details: expect.objectContaining({ sqlstate: state }) })
          expect(outcomeOf(error.code)).toBe(outcome)
          expect(error.found).toMatch(found)
        },
      )

      test('promise 11: 55P03, 40001', async () => {
        await using database = await watchedDatabase(await sharedPostgresql(version))
        await database.query(`INSERT INTO item VALUES (1, ''); GRANT SELECT, UPDATE ON item TO ${database.user}`)
        await using one = await connected(database.config)
        await using other = await connected(database.config)
        await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
        await other.query('SELECT * FROM item')
        await one.query('BEGIN')
        await one.query("UPDATE item SET note = 'a'")
        const locked = await errorOf(other, 'SELECT 1 FROM item FOR UPDATE NOWAIT')
        expect(locked).toMatchObject({
          code: 'DATABASE_STATEMENT_ENDED',
          retry: true,
          message: expect.stringContaining('item'),
        })
        await other.query('ROLLBACK')
        await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
        await other.query('SELECT * FROM item')
        await one.query('COMMIT')
        const late = await errorOf(other, "UPDATE item SET note = 'b'")
        expect(late).toMatchObject({
          code: 'DATABASE_STATEMENT_ENDED',
          details: expect.objectContaining({ sqlstate: '40001' }),
        })
      })
    },
  )

  interface Login {
    readonly state: string
    readonly code: string
    readonly refuse: string
    /** A line of what is printed, which fixes it; null: words do. */
    readonly fix: RegExp | null
    readonly repair?: string
  }
  const LOGINS: readonly Login[] = [
    {
      state: '53300',
      code: 'DATABASE_TOO_MANY_CONNECTIONS',
      refuse: 'ALTER ROLE {user} CONNECTION LIMIT 0',
      fix: /^ALTER ROLE .* CONNECTION LIMIT -1/u,
    },
    {
      state: '53300',
      code: 'DATABASE_TOO_MANY_CONNECTIONS',
      refuse: 'ALTER DATABASE "{database}" CONNECTION LIMIT 0',
      fix: /^ALTER DATABASE .* CONNECTION LIMIT -1/u,
    },
    {
      state: '42501',
      code: 'DATABASE_PERMISSION',
      refuse: 'REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC',
      fix: /^GRANT CONNECT ON DATABASE/u,
    },
    {
      state: '55000',
      code: 'DATABASE_CLOSED',
      refuse: 'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false',
      fix: /^ALTER DATABASE .* ALLOW_CONNECTIONS true/u,
    },
    {
      state: '55000',
      code: 'DATABASE_CLOSED',
      refuse: "UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{database}'",
      fix: null,
      repair: "UPDATE pg_database SET datconnlimit = -1 WHERE datname = '{database}'",
    },
    {
      state: '28000',
      code: 'DATABASE_LOGIN_REFUSED',
      refuse: 'ALTER ROLE {user} NOLOGIN',
      fix: /^ALTER ROLE .* LOGIN/u,
    },
  ]

  describe.skipIf(postgresqlMissing(version) !== null)('what the server refuses a login with', () => {
    test.each(LOGINS)(
      'promise 11: $state after $refuse, and what is printed fixes it',
      async ({ state, code, refuse, fix, repair }) => {
        await using database = await watchedDatabase(await sharedPostgresql(version))
        const named = (sql: string) => sql.replaceAll('{user}', database.user).replaceAll('{database}', database.name)
        const asAdmin = (sql: string) => database.server.query('postgres', sql)
        await asAdmin(named(refuse))
        try {
          const error = await loginError(database)
          expect(error).toMatchObject({ code, details: expect.objectContaining({ sqlstate: state }) })
          expect(error.retry).toBe(code === 'DATABASE_TOO_MANY_CONNECTIONS')
          const printed = fix === null ? (repair ?? '') : textsOf(error.fix).find((text) => fix.test(text))
          expect(printed, textsOf(error.fix).join('\n')).toBeDefined()
          await asAdmin(named(printed ?? ''))
          await using connection = await connected(database.config)
          expect(connection.isOpen).toBe(true)
        } finally {
          await asAdmin(
            named("UPDATE pg_database SET datallowconn = true, datconnlimit = -1 WHERE datname = '{database}'"),
          )
        }
      },
    )

    test('promise 11: a database that is dropped ends the session as passing, and the next login for good', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const doomed = await database.server.createDatabase()
      const config = withConnection(database.config, { database: doomed })
      await using connection = await connected(config)
      await database.query(`DROP DATABASE "${doomed}" WITH (FORCE)`)
      await waitFor({ until: 'the session is over' }, () => !connection.isOpen)
      expect(await errorOf(connection, 'SELECT 1')).toMatchObject({ retry: true, kind: 'transient' })
      expect(await refusal('now', config)).toMatchObject({ code: 'DATABASE_MISSING', retry: false })
    })

    test.skipIf(version < 17)(
      'promise 11: a login trigger that refuses is unknown, whatever it raises, and is named',
      async () => {
        await using database = await watchedDatabase(await sharedPostgresql(version))
        await database.query(
          `CREATE FUNCTION gate() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
           IF session_user = '${database.user}' THEN RAISE EXCEPTION 'planted' USING ERRCODE = '28000'; END IF; END $$;
         CREATE EVENT TRIGGER gate ON login EXECUTE FUNCTION gate();
         ALTER EVENT TRIGGER gate ENABLE ALWAYS`,
        )
        const error = await loginError(database)
        expect(error).toMatchObject({ code: 'POSTGRES_FUNCTION_FAILED', kind: 'unknown', retry: true })
        expect(error.message).toContain(`function gate() of the database ${database.name}`)
        expect(JSON.stringify(error)).not.toContain('planted')
        const [query = ''] = textsOf(error.fix)
        expect(await database.query(query)).toEqual([{ evtname: 'gate', evtfoid: 'gate' }])
        await database.query('ALTER EVENT TRIGGER gate DISABLE')
        await using connection = await connected(database.config)
        expect(connection.isOpen).toBe(true)
      },
    )
  })
})

async function loginError(database: WatchedDatabase): Promise<OffbeatError> {
  return await connected(database.config).then(
    async (connection) => {
      await connection[Symbol.asyncDispose]()
      throw new Error('the server let us in')
    },
    (error: OffbeatError) => error,
  )
}

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import {
  type ExaminedDatabase,
  examineNow,
  expectFixed,
  HEARTBEAT,
  type PostgresqlProblem,
  runPrinted,
} from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { readFrom, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

/** Of a setting that a session may have from elsewhere: where it is set, and where the printed statement sets it. */
const ORIGINS = [
  { origin: 'the role', alter: 'ALTER ROLE {user}', printed: 'ALTER ROLE {user}' },
  { origin: 'the role in the database', alter: IN_DATABASE(), printed: IN_DATABASE() },
  { origin: 'the database', alter: 'ALTER DATABASE "{database}"', printed: 'ALTER ROLE {user}' },
  { origin: 'all roles', alter: 'ALTER ROLE ALL', printed: 'ALTER ROLE {user}' },
] as const

function IN_DATABASE() {
  return 'ALTER ROLE {user} IN DATABASE "{database}"'
}

const signal = new AbortController().signal

const filled = (text: string, { database }: ExaminedDatabase) =>
  text.replaceAll('{user}', database.user).replaceAll('{database}', database.name)

/** Of the superuser, whose session the setting may make read-only too. */
async function alter({ database }: ExaminedDatabase, statements: readonly string[]): Promise<void> {
  await using session = await database.server.connect(database.name)
  for (const text of ['SET default_transaction_read_only = off', ...statements]) await session.query(text)
}

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('a setting', () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgresql({ version })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    /** What is set at `origin` is fixed by the statement that is printed, and by no other. */
    function problem(
      origin: (typeof ORIGINS)[number],
      of: Pick<PostgresqlProblem, 'code' | 'id'>,
      wrong: string,
    ): PostgresqlProblem {
      return {
        ...of,
        cause: async (examined) => {
          await alter(examined, [filled(`${origin.alter} SET ${wrong}`, examined)])
          return {}
        },
        afterwards: async (examined) => {
          await alter(examined, [filled(`${origin.alter} RESET ALL`, examined)])
          return {}
        },
      }
    }

    test.each(ORIGINS)('default_transaction_read_only of $origin is fixed by what is printed', async (origin) => {
      const of = { code: 'HEARTBEAT_READ_ONLY', id: 'postgresql.heartbeat-writable' } as const
      await expectFixed(problem(origin, of, 'default_transaction_read_only = on'), server)
    })

    test.each(ORIGINS)('wal_sender_timeout of $origin is fixed by what is printed', async (origin) => {
      const of = { code: 'POSTGRES_NO_KEEPALIVES', id: 'postgresql.wal-sender-timeout' } as const
      await expectFixed(problem(origin, of, 'wal_sender_timeout = 0'), server)
    })

    test('of the whole server is fixed for our user alone, also where it is set at several levels', async () => {
      await using database = await watchedDatabase(server)
      const examined: ExaminedDatabase = { database, config: database.config, signs: NO_SIGNS }
      const configuration = join(server.dataDir, 'postgresql.conf')
      appendFileSync(configuration, "default_transaction_read_only = 'on'\n")
      await database.query('SELECT pg_reload_conf()')
      const check = async () => found(await examineNow(examined), 'postgresql.heartbeat-writable')
      await waitFor({ until: 'sessions are read-only' }, async () => (await check()).status === 'fail')
      const statements = ORIGINS.map(({ alter: text }) =>
        filled(`${text} SET default_transaction_read_only = on`, examined),
      )
      await alter(examined, statements)
      try {
        const finding = await check()
        expect(finding.found).toContain(`the role ${database.user} in the database ${database.name}`)
        await runPrinted(finding, database)
        expect(await check()).toMatchObject({ status: 'ok' })
        await using probe = await openProbe(database.config, readingContext)
        await probe.beat?.('offbeat:shop:1', signal)
      } finally {
        await alter(
          examined,
          ORIGINS.map(({ alter: text }) => filled(`${text} RESET ALL`, examined)),
        )
        appendFileSync(configuration, "default_transaction_read_only = 'off'\n")
        await database.query('SELECT pg_reload_conf()')
        await waitFor({ until: 'sessions can write' }, async () => {
          const [row] = await database.query('SHOW default_transaction_read_only')
          return row?.['default_transaction_read_only'] === 'off'
        })
      }
    })

    test.each(['ALTER ROLE {user}', 'ALTER ROLE {user} IN DATABASE "{database}"'])(
      'role: after %s SET role the grants are for the role that counts, and REPLICATION is that of the user',
      async (origin) => {
        await using database = await watchedDatabase(server)
        const { user } = database
        const examined: ExaminedDatabase = { database, config: database.config, signs: NO_SIGNS }
        await database.query(
          `CREATE ROLE "the other"; GRANT "the other" TO ${user}; INSERT INTO ${HEARTBEAT} (text) VALUES ('x')`,
        )
        await database.query(filled(`${origin} SET role = 'the other'`, examined))
        try {
          const findings = await examineNow(examined)
          expect(found(findings, 'postgresql.replication-role')).toMatchObject({ status: 'ok' })
          for (const id of ['postgresql.heartbeat-grants', 'postgresql.watched-grants']) {
            const finding = found(findings, id)
            expect(finding.found).toContain('the other')
            expect(await runPrinted(finding, database)).toContainEqual(expect.stringMatching(/TO "the other";$/u))
          }
          const after = await examineNow(examined)
          expect(after.filter(({ status }) => status === 'fail')).toEqual([])
          expect(found(after, 'postgresql.watched-grants')).toMatchObject({ status: 'ok' })
          await using reading = await readFrom('now', database.config)
          await reading.firstOffset()
          await using probe = await openProbe(database.config, readingContext)
          await probe.beat?.('offbeat:shop:1', signal)
          await reading.until('the beat', () => reading.events.some(({ type }) => type === 'pulse'))
          await database.query(`ALTER ROLE ${user} NOREPLICATION`)
          const denied = found(await examineNow(examined), 'postgresql.replication-role')
          expect(denied).toMatchObject({ status: 'fail', code: 'POSTGRES_REPLICATION_DENIED' })
          expect(await runPrinted(denied, database)).toEqual([`ALTER ROLE ${user} REPLICATION;`])
          expect(found(await examineNow(examined), 'postgresql.replication-role')).toMatchObject({ status: 'ok' })
        } finally {
          await database.query(`DROP OWNED BY "the other"; DROP ROLE "the other"; ALTER ROLE ${user} RESET ALL`)
        }
      },
    )
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a setting of the server that ALTER SYSTEM does not reach', () => {
  test('is reported with where to set it: allow_alter_system, and the command line', async () => {
    await using server = await startPostgresql({
      version: 18,
      settings: { allow_alter_system: 'off', max_slot_wal_keep_size: '-1' },
    })
    // Not disposed of: it has no slot, and goes with its server.
    const database = await watchedDatabase(server)
    const finding = found(
      await examineNow({ database, config: database.config, signs: NO_SIGNS }),
      'postgresql.retention',
    )
    expect(finding.fix).toMatchObject([{ in: 'person', text: expect.stringMatching(/allow_alter_system is off/u) }])
  })
})

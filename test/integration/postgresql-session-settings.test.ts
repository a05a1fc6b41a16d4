import { describe, expect, test } from 'vitest'
import { storedOffset } from '../../src/model/offset.ts'
import { connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import { SETTINGS_OF, type SessionUse } from '../../src/sources/postgresql/connect/session-settings.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { readFrom, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const USES: readonly SessionUse[] = ['log', 'inspect', 'beat', 'admin']
const signal = new AbortController().signal

/** Values under which a session of the defaults fails or answers in another form. */
const AWKWARD: Readonly<Record<string, string>> = {
  statement_timeout: '1ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  row_security: 'off',
  exit_on_error: 'on',
  client_min_messages: 'debug1',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kolkata',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  search_path: 'nowhere',
  quote_all_identifiers: 'on',
  session_replication_role: 'replica',
  log_min_duration_statement: '0',
}
/** From 19 on the server refuses it. */
const UNTIL_18 = { standard_conforming_strings: 'off' }
/** Not every version has these, so they are set after the login: the value must leave time for it. */
const LATER: readonly { readonly name: string; readonly since: number }[] = [
  { name: 'idle_session_timeout', since: 14 },
  { name: 'transaction_timeout', since: 17 },
]

const ORIGINS: readonly { readonly origin: string; readonly alter: (database: WatchedDatabase) => string }[] = [
  { origin: 'the role', alter: ({ user }) => `ALTER ROLE ${user}` },
  { origin: 'the role in the database', alter: ({ user, name }) => `ALTER ROLE ${user} IN DATABASE "${name}"` },
  { origin: 'the database', alter: ({ name }) => `ALTER DATABASE "${name}"` },
]

/** In one session: the next one of the test would have the database's settings too. */
async function setAwkwardly(database: WatchedDatabase, alter: string): Promise<AsyncDisposable> {
  const later = LATER.filter(({ since }) => database.server.version >= since)
  const former = Object.entries(database.server.version < 19 ? UNTIL_18 : {})
  const values = [...Object.entries(AWKWARD), ...former, ...later.map(({ name }) => [name, '20s'] as const)]
  const lists = new Set(['DateStyle', 'search_path'])
  const quoted = (name: string, value: string) => (lists.has(name) ? value : `'${value}'`)
  await database.query(values.map(([name, value]) => `${alter} SET ${name} = ${quoted(name, value)}`).join(';'))
  return { [Symbol.asyncDispose]: async () => void (await database.server.query('postgres', `${alter} RESET ALL`)) }
}

describe.each(EVERY_VERSION)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('settings of others', () => {
    test.each(ORIGINS)('of $origin count in none of our sessions', async ({ alter }) => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using _awkward = await setAwkwardly(database, alter(database))
      for (const use of USES) {
        await using session = await connectPostgres(database.config, { source: 'shop', use, signal })
        const names = [...Object.keys(SETTINGS_OF[use]), ...LATER.map(({ name }) => name)]
        const rows = await session.query(
          `SELECT name, current_setting(name) AS value FROM pg_settings WHERE name IN (${names.map((name) => `'${name}'`).join(', ')})`,
        )
        const found = Object.fromEntries(rows.map(({ name, value }) => [name, value]))
        for (const { name, since } of LATER)
          expect(found[name] ?? null, use).toBe(database.server.version >= since ? '0' : null)
        for (const [name, value] of Object.entries(SETTINGS_OF[use]))
          expect(inMilliseconds(found[name] ?? ''), `${use}: ${name}`).toContain(inMilliseconds(value))
      }
    })

    test('of the role keep nobody from a new slot behind an open transaction, from rows, beats and findings', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using _awkward = await setAwkwardly(database, `ALTER ROLE ${database.user}`)
      await using other = await database.server.connect(database.name)
      await other.query('BEGIN')
      await other.query("INSERT INTO item VALUES (0, 'open before the slot')")
      const running = { sinceMs: Date.now() }
      await using reading = await readFrom('now', database.config)
      await waitFor({ until: 'the creation of the slot waits for the transaction' }, async () => {
        const rows = await database.query(
          `SELECT FROM pg_stat_activity WHERE usename = '${database.user}' AND wait_event_type = 'Lock'`,
        )
        return rows.length > 0
      })
      await other.query('COMMIT')
      const offset = await reading.firstOffset()
      await database.query("INSERT INTO item VALUES (1, 'after it')")
      await reading.until('the row', () => reading.ids.includes(1))
      await using probe = await openProbe(database.config, readingContext)
      await probe.beat?.('offbeat:shop:1', signal)
      await reading.until('the beat', () => reading.events.some(({ type }) => type === 'pulse'))
      expect((await probe.inspect(() => offset, signal)).resume).toMatchObject({ can: 'yes' })
      const signs = { running, offset: storedOffset(offset, LSN_POSITIONS), status: null, pulses: [], bytesPerMs: null }
      const findings = await (await POSTGRESQL.checkup()).examine(
        database.config,
        { ...readingContext, signs, atRiskMs: 0, storedOffset: () => signs.offset },
        signal,
      )
      expect(findings.filter(({ status }) => status === 'fail')).toEqual([])
    })
  })
})

/** `15000` and `15s` are the same timeout. */
function inMilliseconds(value: string): string {
  return value.replace(/^(\d+)s$/, (_, seconds: string) => `${seconds}000`)
}

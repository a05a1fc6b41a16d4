import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asOffbeatError, type OffbeatError } from '../../src/model/error.ts'
import type { Fix } from '../../src/model/fix.ts'
import {
  createHeartbeatDatabase,
  createHeartbeatTable,
  grantHeartbeat,
} from '../../src/sources/mysql/beat/heartbeat-table.ts'
import type { MysqlConfig, MysqlKind } from '../../src/sources/mysql/config.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { readingContext } from '../support/reading.ts'

const never = new AbortController().signal
const TABLE = '`Herz schlag?`.`order`'
const USER = { user: 'beater', host: '127.0.0.1' }
const ACCOUNT = "'beater'@'127.0.0.1'"

/** Keeps the row from being written, until it is disposed or what is printed is run. */
type Obstacle = (server: MysqlServer, with_: AsyncDisposableStack) => Promise<unknown>

interface Row {
  readonly code: string
  readonly what: string
  readonly block: Obstacle
  /** Part of what is found. */
  readonly named: RegExp
  /** Absent: the first list of fixes; otherwise the words of the alternative. */
  readonly choice?: RegExp
  readonly only?: MysqlKind
  /** What the user is granted in addition for this row. */
  readonly grant?: string
}

const run =
  (...statements: readonly string[]): Obstacle =>
  async (server) => {
    for (const statement of statements) await server.query('', statement)
  }

/** Another session that keeps what it locks. */
const locking =
  (...statements: readonly string[]): Obstacle =>
  async (server, with_) => {
    const session = with_.use(await server.connect(''))
    for (const statement of statements) await session.query(statement)
  }

const prepared: Obstacle = async (server, with_) => {
  const session = with_.use(await server.connect(''))
  await session.query(
    `XA START 'a','b',7; UPDATE ${TABLE} SET text = 'x' WHERE id = 1; XA END 'a','b',7; XA PREPARE 'a','b',7`,
  )
  session.connection.destroy()
}

const trigger = (body: string) =>
  run(`CREATE TRIGGER \`Herz schlag?\`.\`or'der\` BEFORE UPDATE ON ${TABLE} FOR EACH ROW ${body}`)
const TRIGGER = `GRANT TRIGGER ON ${TABLE} TO ${ACCOUNT}`
const KEEPS = 'SET NEW.text = OLD.text, NEW.last_update = OLD.last_update'

const OBSTACLES: readonly Row[] = [
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a session that locks the row',
    block: locking('BEGIN', `UPDATE ${TABLE} SET text = 'x' WHERE id = 1`),
    named: /^locked by connection \d+ \(user root, .*in a transaction: Sleep, for \d/,
    choice: /end the session/,
    grant: 'locks',
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a session that locks the table',
    block: locking(`LOCK TABLES ${TABLE} READ`),
    named: /^locked by connection \d+ \(user root/,
    choice: /end the session/,
    grant: 'locks',
    only: 'mysql',
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a session that locks all tables',
    block: locking('FLUSH TABLES WITH READ LOCK'),
    named: /^locked by connection \d+ \(user root/,
    choice: /end the session/,
    grant: 'locks',
    only: 'mysql',
  },
  {
    code: 'HEARTBEAT_SLOW',
    what: 'a prepared transaction',
    block: prepared,
    named: /^locked by the prepared transaction .*, for \d/,
    grant: 'locks and XA',
  },
  {
    code: 'HEARTBEAT_READ_ONLY',
    what: 'a read-only server',
    block: run('SET GLOBAL read_only = ON'),
    named: /1290 .*read[-_]only/,
  },
  {
    code: 'HEARTBEAT_READ_ONLY',
    what: 'a server that is read-only for administrators too',
    block: run('SET GLOBAL super_read_only = ON'),
    named: /read-only/,
    only: 'mysql',
  },
  {
    code: 'HEARTBEAT_READ_ONLY',
    what: 'a read-only database',
    block: run('ALTER DATABASE `Herz schlag?` READ ONLY = 1'),
    named: /3989/,
    only: 'mysql',
  },
  {
    code: 'HEARTBEAT_SUPPRESSED',
    what: 'a trigger that keeps the row as it is',
    block: trigger(KEEPS),
    named: /is the trigger `Herz schlag\?`\.`or'der`/,
    grant: TRIGGER,
  },
  {
    code: 'HEARTBEAT_SUPPRESSED',
    what: 'a trigger that refuses',
    block: trigger("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"),
    named: /is the trigger/,
    grant: TRIGGER,
  },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    what: 'a column that is missing',
    block: run(`ALTER TABLE ${TABLE} DROP COLUMN last_update`),
    named: /1054 .*last_update/,
  },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    what: 'a nonce that is too long for its column',
    block: run(`UPDATE ${TABLE} SET text = ''`, `ALTER TABLE ${TABLE} MODIFY text varchar(8)`),
    named: /1406/,
  },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    what: 'a column that is computed',
    block: run(`ALTER TABLE ${TABLE} DROP COLUMN text, ADD COLUMN text int AS (1) STORED`),
    named: /3105|1906/,
  },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    what: 'another column that needs a value',
    block: run(`ALTER TABLE ${TABLE} ADD COLUMN more int NOT NULL`, `DELETE FROM ${TABLE}`),
    named: /1364/,
  },
  {
    code: 'HEARTBEAT_TABLE_MISSING',
    what: 'a table that was dropped',
    block: run(`DROP TABLE ${TABLE}`),
    named: /1146/,
  },
  {
    code: 'HEARTBEAT_DENIED',
    what: 'a column that may not be updated',
    block: run(
      `REVOKE ALL ON ${TABLE} FROM ${ACCOUNT}`,
      `GRANT SELECT, INSERT, UPDATE (text) ON ${TABLE} TO ${ACCOUNT}`,
    ),
    named: /1143/,
  },
  {
    code: 'HEARTBEAT_DENIED',
    what: 'no privilege at all, on a table that is missing too',
    block: run(`REVOKE ALL ON ${TABLE} FROM ${ACCOUNT}`, 'DROP DATABASE `Herz schlag?`'),
    named: /1142/,
  },
]

describe.each(EVERY_MYSQL)('%s', (version) => {
  const { product } = mysqlServerKind(version)

  describe.skipIf(mysqlMissing(version) !== null)('on one server', () => {
    let server: MysqlServer
    let config: MysqlConfig
    beforeAll(async () => {
      server = await startMysql({ version })
      config = mysqlSource(server, {
        user: USER.user,
        password: 'pw',
        // A write that waits is observed after 1.2 s and ends after 2.4 s, so there is time on a busy machine too.
        heartbeat: { interval: '3s', source: { schema: 'Herz schlag?', table: 'order' } },
      })
      await server.query('', `CREATE USER ${ACCOUNT} IDENTIFIED BY 'pw'`)
    })
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
    })

    /** The prepared table and the user with its least privileges, whatever was there before. */
    async function renew(grant: string | undefined): Promise<void> {
      const locks = ['data_locks', 'metadata_locks', 'threads', 'session_connect_attrs'].map(
        (table) => `GRANT SELECT ON performance_schema.${table} TO ${ACCOUNT}`,
      )
      const seeing = [`GRANT PROCESS ON *.* TO ${ACCOUNT}`, ...(product === 'mysql' ? locks : [])]
      const xa = product === 'mysql' ? [`GRANT XA_RECOVER_ADMIN ON *.* TO ${ACCOUNT}`] : []
      const named: Readonly<Record<string, readonly string[]>> = { locks: seeing, 'locks and XA': [...seeing, ...xa] }
      const grants = grant === undefined ? [] : (named[grant] ?? [grant])
      for (const statement of [
        'DROP DATABASE IF EXISTS `Herz schlag?`',
        createHeartbeatDatabase(config),
        createHeartbeatTable(config, 'one line'),
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${ACCOUNT}`,
        grantHeartbeat(config, USER, 'connector'),
        ...grants,
      ])
        await server.query('', statement)
    }

    const beatOnce = async (id: string): Promise<OffbeatError | null> => {
      await using probe = await openProbe(config, readingContext)
      try {
        await probe.beat?.(`offbeat:shop:${id}`, never)
        return null
      } catch (error) {
        return asOffbeatError(error)
      }
    }

    test.each(OBSTACLES.filter(({ only = product }) => only === product))(
      '$code: $what is named, and what is printed fixes it',
      async ({ code, block, named, choice, grant }) => {
        await renew(grant)
        expect(await beatOnce('before')).toBeNull()
        await using with_ = new AsyncDisposableStack()
        await block(server, with_)
        const error = await beatOnce('kept')
        expect(error).toMatchObject({ code, found: expect.stringMatching(named) })
        for (const text of statementsOf(error?.fix ?? [], choice)) await server.query('', text)
        expect(await beatOnce('after')).toBeNull()
        expect(await server.query('', `SELECT id, text FROM ${TABLE}`)).toEqual([{ id: 1, text: 'offbeat:shop:after' }])
      },
    )

    test('HEARTBEAT_SLOW: a user who cannot see who locks the row is given the grants, and then sees it', async () => {
      await renew(undefined)
      expect(await beatOnce('before')).toBeNull()
      await using with_ = new AsyncDisposableStack()
      await locking('BEGIN', `UPDATE ${TABLE} SET text = 'x' WHERE id = 1`)(server, with_)
      const blind = await beatOnce('kept')
      expect(blind).toMatchObject({ code: 'HEARTBEAT_SLOW', found: expect.stringMatching(/not visible to this user/) })
      const [shown] = blind?.fix ?? []
      expect(shown).toMatchObject({ in: 'database', reads: true })
      expect(await server.query('', shown?.text ?? '')).not.toEqual([])
      for (const text of statementsOf(blind?.fix ?? [], /let this user see it/)) await server.query('', text)
      const seen = await beatOnce('kept again')
      expect(seen).toMatchObject({ code: 'HEARTBEAT_SLOW', found: expect.stringMatching(/^locked by connection \d+/) })
      for (const text of statementsOf(seen?.fix ?? [], /end the session/)) await server.query('', text)
      expect(await beatOnce('after')).toBeNull()
    })

    test.runIf(product === 'mariadb')('HEARTBEAT_SLOW: what the server reports of a locked table is told', async () => {
      await renew('locks')
      expect(await beatOnce('before')).toBeNull()
      await using with_ = new AsyncDisposableStack()
      await locking(`LOCK TABLES ${TABLE} READ`)(server, with_)
      const error = await beatOnce('kept')
      expect(error).toMatchObject({ code: 'HEARTBEAT_SLOW', found: expect.stringMatching(/table metadata lock/) })
    })

    test('several rows, and none with id 1: the row is inserted once, and only it is changed', async () => {
      await renew(undefined)
      await server.query('', `INSERT INTO ${TABLE} (id, text) VALUES (2, 'b'), (3, 'c')`)
      for (const id of ['one', 'two']) expect(await beatOnce(id)).toBeNull()
      const rows = await server.query('', `SELECT id, text FROM ${TABLE} ORDER BY id`)
      expect(rows).toEqual([
        { id: 1, text: 'offbeat:shop:two' },
        { id: 2, text: 'b' },
        { id: 3, text: 'c' },
      ])
    })

    test('an inspection finds a read-only user, and nothing where the row can be written', async () => {
      await renew(undefined)
      await using probe = await openProbe(config, readingContext)
      expect((await probe.inspect(() => null, never)).unwritable).toBeNull()
      await server.query('', `REVOKE UPDATE ON ${TABLE} FROM ${ACCOUNT}`)
      const { unwritable } = await probe.inspect(() => null, never)
      expect(unwritable).toMatchObject({ hop: 'written', code: 'HEARTBEAT_DENIED' })
      for (const text of statementsOf(unwritable?.fix ?? [])) await server.query('', text)
      expect((await probe.inspect(() => null, never)).unwritable).toBeNull()
    })
  })
})

/** The statements of one list of fixes that change something. `choice` absent: the first list. */
function statementsOf(fixes: readonly Fix[], choice?: RegExp): readonly string[] {
  const from =
    choice === undefined ? 0 : fixes.findIndex((fix) => fix.in === 'alternative' && choice.test(fix.text)) + 1
  if (choice !== undefined && from === 0) throw new Error(`no alternative ${choice.source} in ${JSON.stringify(fixes)}`)
  const rest = fixes.slice(from)
  const other = rest.findIndex((fix) => fix.in === 'alternative')
  const list = rest.slice(0, other === -1 ? rest.length : other)
  const statements = list.flatMap((fix) => (fix.in === 'database' && fix.reads !== true ? [fix.text] : []))
  expect(statements, JSON.stringify(fixes)).not.toEqual([])
  return statements
}

import { quoteAccount } from '../../src/sources/mysql/connect/quoting.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { type MysqlServer, sharedMysql, startMysql } from '../support/mysql.ts'
import { mysqlClientMissing, pasteIntoMysql } from '../support/mysql-client-program.ts'
import { purgeAll } from '../support/mysql-purge.ts'
import { type MysqlVersion, mysqlServerKind } from '../support/mysql-versions.ts'
import { unpreparedMysql, type WatchedMysql, watchedMysql } from '../support/mysql-watched.ts'
import { waitFor } from '../support/wait-for.ts'
import type { RowChange, Stage, StageDatabase } from './stage.ts'

interface MysqlStageDatabase extends StageDatabase {
  readonly server: MysqlServer
  readonly name: string
  readonly user: string
  readonly heartbeatTable: string
}

export function mysqlStage(version: MysqlVersion): Stage<MysqlStageDatabase> {
  const { product } = mysqlServerKind(version)
  return {
    name: version,
    kind: product,
    // Only MySQL has a privilege for the number of bytes written.
    hasMonitoring: product === 'mysql',
    open: async () => prepared(await watchedMysql(await sharedMysql(version)), false),
    reader: {
      // The test of a lost position purges the log, and other tests need that of the shared server.
      open: async () => prepared(await watchedMysql(await startMysql({ version })), true),
      async begin({ server, name }, ids) {
        const session = await server.connect(name)
        await session.query(`BEGIN; ${insertOf(ids)}`)
        const end = (how: string) => async () => {
          await session.query(how)
          await session[Symbol.asyncDispose]()
        }
        return { commit: end('COMMIT'), rollback: end('ROLLBACK') }
      },
      rotate: async ({ server }) => void (await server.query('', 'FLUSH BINARY LOGS')),
      async lose({ server }, offset) {
        await purgeAll(server)
        return offset
      },
    },
    setup: {
      open: async () => prepared(await unpreparedMysql(await startMysql({ version })), true),
      paste:
        mysqlClientMissing(version) === null
          ? async ({ server }, script) => void (await pasteIntoMysql(server, version, script))
          : null,
    },
    beat: {
      rows: async ({ server, heartbeatTable }) => (await server.query('', `SELECT id FROM ${heartbeatTable}`)).length,
      job: async ({ server, heartbeatTable }) =>
        void (await server.query(
          '',
          `INSERT INTO ${heartbeatTable} (text) VALUES ('test_heartbeat'); UPDATE ${heartbeatTable} SET last_update = CURRENT_TIMESTAMP(6)`,
        )),
      obstacles: {
        HEARTBEAT_TABLE_MISSING: heartbeat(({ database }) => `DROP DATABASE ${database}`),
        HEARTBEAT_TABLE_SHAPE: heartbeat(
          ({ table }) => `UPDATE ${table} SET text = ''; ALTER TABLE ${table} MODIFY text varchar(5)`,
        ),
        HEARTBEAT_DENIED: heartbeat(({ table, user }) => `REVOKE UPDATE ON ${table} FROM ${quoteAccount(user)}`),
      },
    },
    doctor: {
      problems: [
        {
          id: 'heartbeat-table',
          code: 'HEARTBEAT_TABLE_MISSING',
          make: heartbeat(({ table }) => `DROP TABLE ${table}`),
        },
        {
          id: 'heartbeat-grants',
          code: 'HEARTBEAT_DENIED',
          make: heartbeat(({ table, user }) => `REVOKE INSERT, UPDATE ON ${table} FROM ${quoteAccount(user)}`),
        },
        {
          id: 'heartbeat-row',
          code: 'HEARTBEAT_ROW_MISSING',
          make: heartbeat(({ table }) => `DELETE FROM ${table}`),
        },
      ],
    },
  }
}

/** Runs a statement on the heartbeat table as an administrator. */
function heartbeat(
  statement: (about: { readonly database: string; readonly table: string; readonly user: string }) => string,
) {
  return async ({ server, heartbeatTable: table, user }: MysqlStageDatabase): Promise<void> => {
    const [database = ''] = table.split('.')
    await server.query('', statement({ database, table, user }))
  }
}

function prepared(database: WatchedMysql, isOwn: boolean): MysqlStageDatabase {
  const { server, name, user, heartbeatTable, entry, query } = database
  return {
    server,
    name,
    user,
    heartbeatTable,
    entry,
    sources: SOURCES,
    adminUrl: server.url(''),
    commit: async (changes) => void (await query(`BEGIN; ${changes.map(statementOf).join('; ')}; COMMIT`)),
    commitElsewhere: async () => void (await query('INSERT INTO unwatched VALUES (1)')),
    run: async ({ at, text }) => void (await server.query(at ?? name, text)),
    cut: () => endSessions(server, user),
    fingerprint: () => fingerprint(database, isOwn),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  }
}

async function endSessions(server: MysqlServer, user: string): Promise<void> {
  await waitFor({ until: 'the sessions of the user have ended' }, async () => {
    const sessions = await server.query(
      '',
      `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${user}'`,
    )
    for (const { id } of sessions) await server.query('', `KILL ${String(id)}`).catch(ignoreUnknownThread)
    return sessions.length === 0
  })
}

/** The session ended by itself before it was killed. */
function ignoreUnknownThread(error: unknown): void {
  if (!(error instanceof Error && 'errno' in error && error.errno === 1094)) throw error
}

function statementOf(change: RowChange): string {
  if ('insert' in change) return insertOf([change.insert])
  if ('update' in change) return `UPDATE item SET note = 'y' WHERE id = ${change.update}`
  return `DELETE FROM item WHERE id = ${change.delete}`
}

function insertOf(ids: readonly number[]): string {
  return `INSERT INTO item VALUES ${ids.map((id) => `(${id}, 'x')`).join(', ')}`
}

/** On a server of its own, the log itself shows every write. */
async function fingerprint({ server, name, user, heartbeatTable }: WatchedMysql, isOwn: boolean): Promise<unknown> {
  const [heartbeat = ''] = heartbeatTable.split('.')
  const written = server.product === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'
  const queries = [
    `SELECT TABLE_SCHEMA, TABLE_NAME, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('${name}', '${heartbeat}') ORDER BY 1, 2`,
    `SELECT EVENT_NAME, STATUS, LAST_ALTERED FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '${heartbeat}'`,
    ...(isOwn ? [`SELECT ${written} AS written`, 'SHOW GLOBAL VARIABLES'] : []),
  ]
  const optional = [`SELECT * FROM ${heartbeatTable}`, `SHOW GRANTS FOR ${quoteAccount(user)}`]
  return await Promise.all([
    ...queries.map((sql) => server.query('', sql)),
    ...optional.map((sql) => server.query('', sql).catch(() => 'missing')),
  ])
}

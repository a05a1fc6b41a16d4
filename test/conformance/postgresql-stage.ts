import type { StatementFix } from '../../src/model/fix.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { type PostgresServer, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import type { PostgresVersion } from '../support/postgresql-versions.ts'
import { pasteIntoPsql, psqlMissing } from '../support/psql.ts'
import type { RowChange, Stage, StageDatabase } from './stage.ts'

interface PostgresqlStageDatabase extends StageDatabase {
  readonly server: PostgresServer
  readonly name: string
  readonly user: string
}

const HEARTBEAT = 'streamkap.streamkap_heartbeat'

export function postgresqlStage(version: PostgresVersion): Stage<PostgresqlStageDatabase> {
  const query = ({ server, name, user }: PostgresqlStageDatabase, sql: string) =>
    server.query(name, sql.replaceAll('{user}', user))
  const sql = (text: string) => async (database: PostgresqlStageDatabase) => void (await query(database, text))
  return {
    name: `postgresql ${version}`,
    kind: 'postgresql',
    hasMonitoring: true,
    open: async () => await prepared(await watchedDatabase(await sharedPostgresql(version))),
    reader: {
      async begin({ server, name }, ids) {
        const connection = await server.connect(name)
        await connection.query(`BEGIN; ${insertOf(ids)}`)
        const end = (how: string) => async () => {
          await connection.query(how)
          await connection[Symbol.asyncDispose]()
        }
        return { commit: end('COMMIT'), rollback: end('ROLLBACK') }
      },
      rotate: sql('SELECT pg_switch_wal()'),
      async lose({ server, name }, offset) {
        await server.dropSlots(name)
        return offset
      },
    },
    beat: {
      rows: async (database) => (await query(database, `SELECT FROM ${HEARTBEAT}`)).length,
      job: sql(`
        INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat');
        UPDATE ${HEARTBEAT} SET last_update = clock_timestamp() WHERE id = 1`),
      obstacles: {
        HEARTBEAT_TABLE_MISSING: sql('DROP SCHEMA streamkap CASCADE'),
        HEARTBEAT_DENIED: sql(`REVOKE UPDATE ON ${HEARTBEAT} FROM {user}`),
        HEARTBEAT_SUPPRESSED: sql(`
          CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
          CREATE TRIGGER swallow BEFORE UPDATE ON ${HEARTBEAT} FOR EACH ROW EXECUTE FUNCTION swallow()`),
      },
    },
    setup: {
      open: async () => bare(await startPostgresql({ version, settings: { max_slot_wal_keep_size: '1GB' } })),
      paste:
        psqlMissing() === null
          ? async ({ server, name }, script) => void (await pasteIntoPsql(server, name, script))
          : null,
    },
    doctor: {
      problems: [
        { id: 'heartbeat-table', code: 'HEARTBEAT_TABLE_MISSING', make: sql(`DROP TABLE ${HEARTBEAT}`) },
        { id: 'heartbeat-grants', code: 'HEARTBEAT_DENIED', make: sql(`REVOKE ALL ON SCHEMA streamkap FROM {user}`) },
        { id: 'heartbeat-row', code: 'HEARTBEAT_ROW_MISSING', make: sql(`DELETE FROM ${HEARTBEAT}`) },
      ],
    },
  }
}

async function prepared(database: WatchedDatabase): Promise<PostgresqlStageDatabase> {
  const { server, name, user, config } = database
  await database.query('CREATE TABLE unwatched (id int)')
  const { slot } = config
  const entry = { url: urlOf(server, name, user, config.connection.password?.reveal() ?? ''), slot }
  return stageDatabase({ server, isOwn: false, name, user, entry, dispose: () => database[Symbol.asyncDispose]() })
}

/** Needs a server of its own: the role that setup creates belongs to the whole server. */
async function bare(server: PostgresServer): Promise<PostgresqlStageDatabase> {
  const name = await server.createDatabase()
  await server.query(name, 'CREATE TABLE item (id int PRIMARY KEY, note text); CREATE TABLE unwatched (id int)')
  const entry = { url: urlOf(server, name, 'connector', 'planted-password'), tables: ['public.item'] }
  const dispose = () => server[Symbol.asyncDispose]()
  return stageDatabase({ server, isOwn: true, name, user: 'connector', entry, dispose })
}

function urlOf({ host, port }: PostgresServer, database: string, user: string, password: string): string {
  return `postgresql://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}`
}

interface About extends Pick<PostgresqlStageDatabase, 'server' | 'name' | 'user'> {
  /** Whether the server, including its roles, belongs to this database alone. */
  readonly isOwn: boolean
  readonly entry: Readonly<Record<string, unknown>>
  readonly dispose: () => PromiseLike<void>
}

function stageDatabase({ server, isOwn, name, user, entry, dispose }: About): PostgresqlStageDatabase {
  const query = (sql: string) => server.query(name, sql)
  return {
    server,
    name,
    user,
    entry: { kind: 'postgresql', heartbeat: { interval: '500ms' }, ...entry },
    sources: SOURCES,
    adminUrl: server.url(name),
    commit: async (changes) => void (await query(`BEGIN; ${changes.map(statementOf).join('; ')}; COMMIT`)),
    commitElsewhere: async () => void (await query('INSERT INTO unwatched VALUES (1)')),
    run: async ({ at, text }: StatementFix) => void (await server.query(at ?? name, text)),
    // A slot stays active until its reader has ended.
    cut: async () =>
      void (await query(`SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = '${user}'`)),
    fingerprint: async () =>
      await Promise.all(
        FINGERPRINT.map((sql) => query(sql.replaceAll('{user}', user).replace('{own}', String(isOwn)))),
      ),
    [Symbol.asyncDispose]: async () => await dispose(),
  }
}

function statementOf(change: RowChange): string {
  if ('insert' in change) return insertOf([change.insert])
  if ('update' in change) return `UPDATE item SET note = 'y' WHERE id = ${change.update}`
  return `DELETE FROM item WHERE id = ${change.delete}`
}

function insertOf(ids: readonly number[]): string {
  return `INSERT INTO item VALUES ${ids.map((id) => `(${id}, 'x')`).join(', ')}`
}

/** Includes the row versions (xmin), which change with every write. */
const FINGERPRINT = [
  "SELECT oid, xmin FROM pg_authid WHERE rolname = '{user}' OR {own} ORDER BY 1",
  "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = to_regrole('{user}') ORDER BY 1",
  'SELECT oid, xmin, relname, relacl::text FROM pg_class WHERE oid > 16383 ORDER BY 1',
  'SELECT oid, xmin, nspacl::text FROM pg_namespace ORDER BY 1',
  'SELECT oid, xmin FROM pg_publication ORDER BY 1',
  'SELECT oid, xmin FROM pg_publication_rel ORDER BY 1',
  'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()',
  `SELECT query_to_xml('SELECT xmin, * FROM ' || oid::regclass, true, true, '')::text AS rows FROM pg_class
   WHERE relname = 'streamkap_heartbeat' AND relkind = 'r'`,
]

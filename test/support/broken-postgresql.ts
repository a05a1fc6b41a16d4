import { type CheckFinding, findingsOf, type Signs } from '../../src/sources/check.ts'
import { POSTGRESQL_CHECKS } from '../../src/sources/postgresql/checks/checkup.ts'
import { gatherEvidence } from '../../src/sources/postgresql/checks/evidence/evidence.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { PSQL_SCRIPT } from '../../src/sources/postgresql/connect/psql-script.ts'
import { type Change, expectProblemFixed, NO_SIGNS, type Problem } from './broken-server.ts'
import type { PostgresServer } from './postgresql.ts'
import { type WatchedDatabase, watchedDatabase } from './postgresql-reading.ts'
import { blocksOf, statementsOf } from './printed-block.ts'
import { inShell, pasteIntoPsql } from './psql.ts'
import { readingContext } from './reading.ts'

export const HEARTBEAT = 'streamkap.streamkap_heartbeat'

/** A database that the doctor examines. */
export interface ExaminedDatabase {
  readonly database: WatchedDatabase
  readonly config: PostgresqlConfig
  readonly signs: Signs
}

export type PostgresqlProblem = Problem<ExaminedDatabase>

/** Runs the statements as a superuser. `{user}` is the connector's user. */
export const sql =
  (...statements: readonly string[]): Change<ExaminedDatabase> =>
  async ({ database }) => {
    for (const statement of statements) await database.query(statement.replaceAll('{user}', database.user))
    return {}
  }

const RELOAD = 'SELECT pg_reload_conf()'

export const serverSetting = (change: string): Change<ExaminedDatabase> => sql(`ALTER SYSTEM ${change}`, RELOAD)

/** Runs the statements and watches these tables. */
export const watching =
  (tables: readonly string[], ...statements: readonly string[]): Change<ExaminedDatabase> =>
  async (examined) => {
    await sql(...statements)(examined)
    return { config: { ...examined.config, tables } }
  }

export async function restart(server: PostgresServer): Promise<void> {
  await server.stop('fast')
  await server.start()
}

/** Breaks a database of the server, and checks that what is printed fixes it. */
export async function expectFixed(problem: PostgresqlProblem, server: PostgresServer): Promise<void> {
  await using database = await watchedDatabase(server)
  await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
  const healthy: ExaminedDatabase = { database, config: database.config, signs: NO_SIGNS }
  await expectProblemFixed(problem, healthy, {
    examine: examineNow,
    runPrinted: (finding) => runPrinted(finding, database),
    restart: () => restart(server),
  })
}

export async function examineNow(
  { config, signs }: ExaminedDatabase,
  blockerAfterMs?: number,
): Promise<readonly CheckFinding[]> {
  const context = { ...readingContext, signs, atRiskMs: 0, storedOffset: () => signs.offset }
  const evidence = await gatherEvidence(config, context, new AbortController().signal, blockerAfterMs)
  return findingsOf(POSTGRESQL_CHECKS, evidence)
}

/**
 * Runs what the finding prints, each block exactly as on the screen. Statements are pasted into psql by a superuser. psql's own command
 * lines run in a shell, with the password of the user that they name. If there are alternatives, the one whose text matches is run,
 * otherwise the first. Returns the lines that were run.
 */
export async function runPrinted(
  finding: CheckFinding,
  { server, config }: WatchedDatabase,
  choice: RegExp | null = null,
): Promise<readonly string[]> {
  const runs: string[] = []
  for (const { text, database, alternative } of blocksOf(finding, PSQL_SCRIPT)) {
    if (choice === null ? alternative !== null : !choice.test(alternative ?? '')) continue
    const lines = statementsOf(text)
    if (database !== null) await pasteIntoPsql(server, database, text)
    else if (lines[0]?.startsWith('psql ') === true)
      await inShell(text, { PGPASSWORD: config.connection.password?.reveal() ?? '' })
    else continue
    runs.push(...lines)
  }
  return runs
}

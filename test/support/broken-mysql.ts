import { type CheckFinding, findingsOf, type Signs } from '../../src/sources/check.ts'
import { mysqlChecks } from '../../src/sources/mysql/checks/checkup.ts'
import { gatherEvidence } from '../../src/sources/mysql/checks/evidence/evidence.ts'
import { type MysqlConfig, mariadbConfig, mysqlConfig } from '../../src/sources/mysql/config.ts'
import { mysqlScript } from '../../src/sources/mysql/connect/mysql-script.ts'
import { type Change, expectProblemFixed, NO_SIGNS, type Problem } from './broken-server.ts'
import type { MysqlServer } from './mysql.ts'
import { mysqlClientMissing, pasteIntoMysql } from './mysql-client-program.ts'
import { ALL_MYSQL, mysqlServerKind } from './mysql-versions.ts'
import { type WatchedMysql, watchedMysql } from './mysql-watched.ts'
import { blocksOf, statementsOf } from './printed-block.ts'
import { readingContext } from './reading.ts'

/** A database that the doctor examines. */
export interface ExaminedMysql {
  readonly database: WatchedMysql
  readonly config: MysqlConfig
  readonly signs: Signs
}

export type MysqlProblem = Problem<ExaminedMysql>

/** Runs the statements as an administrator. `{user}` is the connector's user. */
export const sql =
  (...statements: readonly string[]): Change<ExaminedMysql> =>
  async ({ database }) => {
    for (const statement of statements) await database.query(statement.replaceAll('{user}', database.user))
    return {}
  }

/** Runs the statements, and watches all tables of the database. */
export const watchingAll =
  (...statements: readonly string[]): Change<ExaminedMysql> =>
  async (examined) => {
    await sql(...statements)(examined)
    return { config: { ...examined.config, tables: [`${examined.database.name}.*`] } }
  }

export async function restart(server: MysqlServer): Promise<void> {
  await server.stop()
  await server.start()
}

export function examinedMysql(database: WatchedMysql): ExaminedMysql {
  const schema = database.server.product === 'mysql' ? mysqlConfig : mariadbConfig
  return { database, config: schema.parse(database.entry), signs: NO_SIGNS }
}

/** A database that meets all requirements. */
export async function healthyMysql(database: WatchedMysql): Promise<ExaminedMysql> {
  await database.query(`INSERT INTO ${database.heartbeatTable} (text) VALUES ('test_heartbeat')`)
  return examinedMysql(database)
}

/** Breaks a database of the server, and checks that what is printed fixes it. */
export async function expectFixed(
  problem: MysqlProblem,
  server: MysqlServer,
  healthy: (database: WatchedMysql) => Promise<ExaminedMysql> = healthyMysql,
): Promise<void> {
  const database = await watchedMysql(server)
  await expectProblemFixed(problem, await healthy(database), {
    examine: examineNow,
    runPrinted: (finding) => runPrinted(finding, server),
    restart: () => restart(server),
  })
}

export async function examineNow({ config, signs }: ExaminedMysql): Promise<readonly CheckFinding[]> {
  const context = { ...readingContext, signs, atRiskMs: 3_600_000, storedOffset: () => signs.offset }
  return findingsOf(mysqlChecks(config.kind), await gatherEvidence(config, context, new AbortController().signal))
}

/**
 * Pastes what the finding prints into the product's own client as an administrator, each block exactly as on the screen. If there are alternatives, the one whose
 * text matches is run, otherwise the first. Returns the lines that were run.
 */
export async function runPrinted(
  finding: CheckFinding,
  server: MysqlServer,
  choice: RegExp | null = null,
): Promise<readonly string[]> {
  const runs: string[] = []
  for (const { text, alternative } of blocksOf(finding, mysqlScript(server.product))) {
    if (choice === null ? alternative !== null : !choice.test(alternative ?? '')) continue
    if (text.startsWith('# in a shell')) continue
    await paste(server, text)
    runs.push(...statementsOf(text))
  }
  return runs
}

/** Without the client, the text is sent as it is: the client's comments are also the server's. */
async function paste(server: MysqlServer, text: string): Promise<void> {
  const version = ALL_MYSQL.find((name) => {
    const kind = mysqlServerKind(name)
    return kind.product === server.product && server.version.startsWith(`${kind.version}.`)
  })
  if (version === undefined || mysqlClientMissing(version) !== null) await server.query('', text)
  else await pasteIntoMysql(server, version, text)
}

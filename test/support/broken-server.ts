import { expect } from 'vitest'
import type { ErrorCode } from '../../src/model/error-code.ts'
import { type CheckFinding, findingsOf, type Signs } from '../../src/sources/check.ts'
import { POSTGRESQL_CHECKS } from '../../src/sources/postgresql/checks/checkup.ts'
import { gatherEvidence } from '../../src/sources/postgresql/checks/evidence/evidence.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import type { PostgresServer } from './postgresql.ts'
import { type WatchedDatabase, watchedDatabase } from './postgresql-reading.ts'
import { blocksOf, statementsOf } from './printed-block.ts'
import { inShell, pasteIntoPsql } from './psql.ts'
import { readingContext } from './reading.ts'
import { waitFor } from './wait-for.ts'

export const NO_SIGNS: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

export const HEARTBEAT = 'streamkap.streamkap_heartbeat'

/** A database that the doctor examines. */
export interface ExaminedDatabase {
  readonly database: WatchedDatabase
  readonly config: PostgresqlConfig
  readonly signs: Signs
}

/** Breaks or fixes the database, and returns what changed in it. */
type Change = (examined: ExaminedDatabase) => Promise<Partial<ExaminedDatabase>>

const nothing: Change = async () => ({})

/** How a server is broken to cause a finding. The printed statements and commands must fix it. */
export interface Problem {
  readonly code: ErrorCode
  readonly id: string
  readonly cause: Change
  /** The statements that must be printed, if the test checks them. */
  readonly printed?: readonly string[]
  /** Does what the printed text describes, if it contains no statements. */
  readonly fixByHand?: Change
  /** The printed text requires a restart after the statements. */
  readonly restart?: boolean
  /** Undoes what the finding's fix does not cover, for the next rows of the table. */
  readonly afterwards?: Change
  readonly blockerAfterMs?: number
}

/** Runs the statements as a superuser. `{user}` is the connector's user. */
export const sql =
  (...statements: readonly string[]): Change =>
  async ({ database }) => {
    for (const statement of statements) await database.query(statement.replaceAll('{user}', database.user))
    return {}
  }

const RELOAD = 'SELECT pg_reload_conf()'

export const serverSetting = (change: string): Change => sql(`ALTER SYSTEM ${change}`, RELOAD)

/** Runs the statements and watches these tables. */
export const watching =
  (tables: readonly string[], ...statements: readonly string[]): Change =>
  async (examined) => {
    await sql(...statements)(examined)
    return { config: { ...examined.config, tables } }
  }

export async function restart(server: PostgresServer): Promise<void> {
  await server.stop('fast')
  await server.start()
}

/** A database that meets all requirements. */
async function healthyDatabase(database: WatchedDatabase): Promise<ExaminedDatabase> {
  await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
  return { database, config: database.config, signs: NO_SIGNS }
}

/** Breaks a database of the server in this way, checks the finding, does what is printed, and checks that the problem is fixed. */
export async function expectFixed(problem: Problem, server: PostgresServer): Promise<void> {
  const { id, code, printed, blockerAfterMs } = problem
  const fixByHand: Change = problem.fixByHand ?? nothing
  const afterwards: Change = problem.afterwards ?? nothing
  await using database = await watchedDatabase(server)
  const healthy = await healthyDatabase(database)
  const broken = { ...healthy, ...(await problem.cause(healthy)) }
  const finding = found(await examineNow(broken, blockerAfterMs), id)
  expect(finding).toMatchObject({ code, status: expect.stringMatching(/^(fail|warn)$/) })
  expect(finding.fix.length).toBeGreaterThan(0)
  const run = await runPrinted(finding, database)
  if (fixByHand === nothing) expect(run).not.toEqual([])
  if (printed !== undefined) expect(run).toEqual(printed)
  const treated = { ...broken, ...(await fixByHand(broken)) }
  if (problem.restart === true) await restart(server)
  await expectWell(treated, id, blockerAfterMs)
  await afterwards(treated)
}

/**
 * A setting takes effect shortly after the reload. A check that no longer applies, such as one for a slot that is no longer needed, is not
 * reported.
 */
async function expectWell(examined: ExaminedDatabase, id: string, blockerAfterMs?: number): Promise<void> {
  await waitFor({ until: `${id} is well` }, async () => {
    const after = (await examineNow(examined, blockerAfterMs)).find((finding) => finding.id === id)
    return after === undefined || (after.status === 'ok' && after.code === null)
  })
}

export async function examineNow(
  { config, signs }: ExaminedDatabase,
  blockerAfterMs?: number,
): Promise<readonly CheckFinding[]> {
  const context = { ...readingContext, signs, storedOffset: () => signs.offset }
  const evidence = await gatherEvidence(config, context, new AbortController().signal, blockerAfterMs)
  return findingsOf(POSTGRESQL_CHECKS, evidence)
}

/** The finding of this check, which must exist. */
export function found(findings: readonly CheckFinding[], id: string): CheckFinding {
  const finding = findings.find((each) => each.id === id)
  expect(finding, `${id} among ${findings.map((each) => each.id).join(', ')}`).toBeDefined()
  if (finding === undefined) throw new Error(`no finding of ${id}`)
  return finding
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
  for (const { text, database, alternative } of blocksOf(finding)) {
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

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

/** A patient: what the doctor is given to look at. */
export interface Patient {
  readonly database: WatchedDatabase
  readonly config: PostgresqlConfig
  readonly signs: Signs
}

/** What the patient becomes by being made sick or treated. */
type Change = (patient: Patient) => Promise<Partial<Patient>>

const nothing: Change = async () => ({})

/** How a server is broken for a finding; the printed statements and commands are what mends it. */
export interface Sickness {
  readonly code: ErrorCode
  readonly id: string
  readonly makeSick: Change
  /** The statements that must be printed, where it matters which. */
  readonly printed?: readonly string[]
  /** What is printed are words alone: done here. */
  readonly treat?: Change
  /** The words ask for a restart after the statements. */
  readonly restart?: boolean
  /** Puts right what is none of the finding's, for the rows after it. */
  readonly afterwards?: Change
  readonly blockerAfterMs?: number
}

/** Statements as a superuser; `{user}` is the connector's. */
export const sql =
  (...statements: readonly string[]): Change =>
  async ({ database }) => {
    for (const statement of statements) await database.query(statement.replaceAll('{user}', database.user))
    return {}
  }

const RELOAD = 'SELECT pg_reload_conf()'

export const serverSetting = (change: string): Change => sql(`ALTER SYSTEM ${change}`, RELOAD)

/** The statements, with these tables watched. */
export const watching =
  (tables: readonly string[], ...statements: readonly string[]): Change =>
  async (patient) => {
    await sql(...statements)(patient)
    return { config: { ...patient.config, tables } }
  }

export async function restart(server: PostgresServer): Promise<void> {
  await server.stop('fast')
  await server.start()
}

/** A database with all that is wanted. */
async function healthyPatient(database: WatchedDatabase): Promise<Patient> {
  await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
  return { database, config: database.config, signs: NO_SIGNS }
}

/** Breaks a database of the server in this way, sees the finding, does what is printed, and sees it well. */
export async function expectMended(sickness: Sickness, server: PostgresServer): Promise<void> {
  const { id, code, printed, blockerAfterMs } = sickness
  const treat: Change = sickness.treat ?? nothing
  const afterwards: Change = sickness.afterwards ?? nothing
  await using database = await watchedDatabase(server)
  const healthy = await healthyPatient(database)
  const sick = { ...healthy, ...(await sickness.makeSick(healthy)) }
  const finding = found(await examineNow(sick, blockerAfterMs), id)
  expect(finding).toMatchObject({ code, status: expect.stringMatching(/^(fail|warn)$/) })
  expect(finding.fix.length).toBeGreaterThan(0)
  const run = await runPrinted(finding, database)
  if (treat === nothing) expect(run).not.toEqual([])
  if (printed !== undefined) expect(run).toEqual(printed)
  const treated = { ...sick, ...(await treat(sick)) }
  if (sickness.restart === true) await restart(server)
  await expectWell(treated, id, blockerAfterMs)
  await afterwards(treated)
}

/** A setting is in force a moment after the reload. What has no meaning any more, such as a slot that is wanted no longer, is not told. */
async function expectWell(patient: Patient, id: string, blockerAfterMs?: number): Promise<void> {
  await waitFor({ until: `${id} is well` }, async () => {
    const after = (await examineNow(patient, blockerAfterMs)).find((finding) => finding.id === id)
    return after === undefined || (after.status === 'ok' && after.code === null)
  })
}

export async function examineNow(
  { config, signs }: Patient,
  blockerAfterMs?: number,
): Promise<readonly CheckFinding[]> {
  const context = { ...readingContext, signs, storedOffset: () => signs.offset }
  const evidence = await gatherEvidence(config, context, new AbortController().signal, blockerAfterMs)
  return findingsOf(POSTGRESQL_CHECKS, evidence)
}

/** The finding of this check, which must be there. */
export function found(findings: readonly CheckFinding[], id: string): CheckFinding {
  const finding = findings.find((each) => each.id === id)
  expect(finding, `${id} among ${findings.map((each) => each.id).join(', ')}`).toBeDefined()
  if (finding === undefined) throw new Error(`no finding of ${id}`)
  return finding
}

/**
 * Runs what the finding prints, each block as it stands on the screen: statements are pasted into psql by a superuser, and psql's own lines into
 * a shell by somebody who knows the password of the user whom they name. Of alternatives that one is run whose words match, otherwise the first.
 * Gives the lines that were run.
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

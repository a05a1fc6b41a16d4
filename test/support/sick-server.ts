import { expect } from 'vitest'
import { type CheckFinding, findingsOf, type Signs } from '../../src/sources/check.ts'
import { POSTGRESQL_CHECKS } from '../../src/sources/postgresql/check/checkup.ts'
import { gatherEvidence } from '../../src/sources/postgresql/check/evidence.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { readingContext, type WatchedDatabase } from './postgresql-reading.ts'

export const NO_SIGNS: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

/** A patient: what the doctor is given to look at. */
export interface Patient {
  readonly database: WatchedDatabase
  readonly config: PostgresqlConfig
  readonly signs: Signs
}

export async function examineNow(
  { config, signs }: Patient,
  blockerAfterMs?: number,
): Promise<readonly CheckFinding[]> {
  const context = { ...readingContext, signs }
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

/** Runs what the finding prints, each exactly as printed, as a superuser. Gives the statements that were run. */
export async function runPrinted(finding: CheckFinding, { server }: WatchedDatabase): Promise<readonly string[]> {
  const statements = finding.fix.filter(({ database, run }) => database !== null && !run.startsWith('# '))
  for (const { run, database } of statements) await server.query(database ?? '', run)
  return statements.map(({ run }) => run)
}

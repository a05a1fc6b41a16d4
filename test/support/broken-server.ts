import { expect } from 'vitest'
import type { ErrorCode } from '../../src/model/error-code.ts'
import type { CheckFinding, Signs } from '../../src/sources/check.ts'
import { waitFor } from './wait-for.ts'

export const NO_SIGNS: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

/** Breaks or fixes the database, and returns what changed in it. */
export type Change<Examined> = (examined: Examined) => Promise<Partial<Examined>>

/** How a server is broken to cause a finding. The printed statements and commands must fix it. */
export interface Problem<Examined> {
  readonly code: ErrorCode
  readonly id: string
  readonly cause: Change<Examined>
  /** The statements that must be printed, if the test checks them. */
  readonly printed?: readonly string[]
  /** Does what the printed text describes, if it contains no statements. */
  readonly fixByHand?: Change<Examined>
  /** The printed text requires a restart after the statements. */
  readonly restart?: boolean
  /** Undoes what the finding's fix does not cover, for the next rows of the table. */
  readonly afterwards?: Change<Examined>
  readonly blockerAfterMs?: number
}

/** How databases of a kind are examined and fixed. */
export interface Examiner<Examined> {
  examine(examined: Examined, blockerAfterMs?: number): Promise<readonly CheckFinding[]>
  /** Returns the lines that were run. */
  runPrinted(finding: CheckFinding, examined: Examined): Promise<readonly string[]>
  restart(examined: Examined): Promise<void>
}

/** Breaks a healthy database in this way, checks the finding, does what is printed, and checks that the problem is fixed. */
export async function expectProblemFixed<Examined extends object>(
  problem: Problem<Examined>,
  healthy: Examined,
  examiner: Examiner<Examined>,
): Promise<void> {
  const { id, code, printed, blockerAfterMs } = problem
  const nothing: Change<Examined> = async () => ({})
  const fixByHand: Change<Examined> = problem.fixByHand ?? nothing
  const afterwards: Change<Examined> = problem.afterwards ?? nothing
  const broken = { ...healthy, ...(await problem.cause(healthy)) }
  const finding = found(await examiner.examine(broken, blockerAfterMs), id)
  expect(finding).toMatchObject({ code, status: expect.stringMatching(/^(fail|warn)$/) })
  expect(finding.fix.length).toBeGreaterThan(0)
  const run = await examiner.runPrinted(finding, broken)
  if (fixByHand === nothing) expect(run).not.toEqual([])
  if (printed !== undefined) expect(run).toEqual(printed)
  const treated = { ...broken, ...(await fixByHand(broken)) }
  if (problem.restart === true) await examiner.restart(treated)
  await expectWell(treated, id, examiner, blockerAfterMs)
  await afterwards(treated)
}

/**
 * A setting takes effect shortly after the reload. A check that no longer applies, such as one for a slot that is no longer needed, is not
 * reported.
 */
async function expectWell<Examined>(
  examined: Examined,
  id: string,
  examiner: Examiner<Examined>,
  blockerAfterMs?: number,
): Promise<void> {
  await waitFor({ until: `${id} is well` }, async () => {
    const after = (await examiner.examine(examined, blockerAfterMs)).find((finding) => finding.id === id)
    return after === undefined || (after.status === 'ok' && after.code === null)
  })
}

/** The finding of this check, which must exist. */
export function found(findings: readonly CheckFinding[], id: string): CheckFinding {
  const finding = findings.find((each) => each.id === id)
  expect(finding, `${id} among ${findings.map((each) => each.id).join(', ')}`).toBeDefined()
  if (finding === undefined) throw new Error(`no finding of ${id}`)
  return finding
}

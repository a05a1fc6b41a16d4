import { asOffbeatError } from '../model/error.ts'
import type { AdminSession, StepRemedies, StepState } from '../sources/admin-session.ts'
import type { SetupPlan, SetupStep } from '../sources/setup.ts'

export interface StepCheck {
  readonly step: SetupStep
  readonly state: StepState
  /** What prevents it. */
  readonly found: readonly string[]
  readonly remedies: StepRemedies
}

const NONE: StepRemedies = { fixes: [], areComplete: false }

/** Checks for each step whether it is done. Read-only. */
export async function checkSetup(
  plan: SetupPlan,
  admin: AdminSession,
  signal: AbortSignal,
): Promise<readonly StepCheck[]> {
  const checks: StepCheck[] = []
  for (const step of plan.steps) {
    const state = await stateOf(step, admin, signal)
    if (state !== 'missing') checks.push({ step, state, found: [], remedies: NONE })
    else checks.push({ step, state, ...(await obstaclesOf(step, admin, signal)) })
  }
  return checks
}

export async function stateOf(step: SetupStep, admin: AdminSession, signal: AbortSignal): Promise<StepState> {
  return (await permitted(step, signal, admin.state(step, signal))) ?? 'unknown'
}

/** Two separate calls, because this administrator may be allowed to see one and not the other. */
async function obstaclesOf(
  step: SetupStep,
  admin: AdminSession,
  signal: AbortSignal,
): Promise<Pick<StepCheck, 'found' | 'remedies'>> {
  const found = (await permitted(step, signal, admin.evidence(step, signal))) ?? []
  const remedies = (await permitted(step, signal, admin.remedies(step, signal))) ?? NONE
  return { found, remedies }
}

/** null if the administrator lacks a privilege to check the step. Any other failure is an error. */
async function permitted<T>(step: SetupStep, signal: AbortSignal, asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (thrown) {
    signal.throwIfAborted()
    const error = asOffbeatError(thrown)
    if (error.kind === 'permission' && step.by !== 'setup') return null
    throw error
  }
}

/** Whether `applySetup` runs the step. */
export function isToBeRun({ step, state }: StepCheck): boolean {
  return step.by === 'setup' && step.optional !== true && state !== 'there'
}

/** Whether the operator must do something before a connector can run. */
export function isOpen({ step, state }: StepCheck): boolean {
  return step.by === 'operator' && step.optional !== true && state === 'missing'
}

/** Whether the step prevents any change for now. */
export function isBlocked(check: StepCheck): boolean {
  return isOpen(check) && check.step.blocks === true
}

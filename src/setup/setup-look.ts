import { asOffbeatError } from '../model/error.ts'
import type { AdminSession } from '../sources/admin-session.ts'
import type { SetupPlan, SetupQuestion, SetupStep } from '../sources/setup.ts'

/** `unknown`: it cannot be asked, or we may not ask. */
export type StepState = 'there' | 'missing' | 'unknown'

export interface StepLook {
  readonly step: SetupStep
  readonly state: StepState
  /** What stands in the way, for people. */
  readonly evidence: readonly string[]
  /** Statements for it, without the semicolon. */
  readonly remedies: readonly string[]
}

/** Asks of each step whether it is done. Changes nothing. */
export async function lookAtSetup(
  plan: SetupPlan,
  admin: AdminSession,
  signal: AbortSignal,
): Promise<readonly StepLook[]> {
  const looks: StepLook[] = []
  for (const step of plan.steps) {
    const state = await stateOf(step, admin, signal)
    const isMissing = state === 'missing'
    const evidence = isMissing ? await listed(step.evidence, step, admin, signal) : []
    const remedies = isMissing ? await listed(step.remedies, step, admin, signal) : []
    looks.push({
      step,
      state,
      evidence: step.evidence?.inWords?.(evidence) ?? evidence,
      remedies: step.remedies?.inWords?.(remedies) ?? remedies,
    })
  }
  return looks
}

export async function stateOf(step: SetupStep, admin: AdminSession, signal: AbortSignal): Promise<StepState> {
  if (step.done === null) return 'unknown'
  const answer = await asked(step.done, step, signal, (query, params) =>
    admin.holds(query, params, signal, step.database),
  )
  if (answer === null) return 'unknown'
  return answer ? 'there' : 'missing'
}

async function listed(
  question: SetupQuestion | undefined,
  step: SetupStep,
  admin: AdminSession,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (question === undefined) return []
  const list = (query: string, params: readonly string[]) => admin.list(query, params, signal, step.database)
  return (await asked(question, step, signal, list)) ?? []
}

/** null where the administrator may not look; whatever else goes wrong is an error. */
async function asked<T>(
  { query, params }: SetupQuestion,
  step: SetupStep,
  signal: AbortSignal,
  ask: (query: string, params: readonly string[]) => Promise<T>,
): Promise<T | null> {
  try {
    return await ask(query, params)
  } catch (thrown) {
    signal.throwIfAborted()
    const error = asOffbeatError(thrown)
    if (error.kind === 'permission' && step.by !== 'setup') return null
    throw error
  }
}

/** Whether applying runs it. */
export function isToBeRun({ step, state }: StepLook): boolean {
  return step.by === 'setup' && step.optional !== true && state !== 'there'
}

/** Whether the operator must do something before a connector can run. */
export function isOpen({ step, state }: StepLook): boolean {
  return step.by === 'operator' && step.optional !== true && state === 'missing'
}

/** Whether nothing may be changed as things are. */
export function isBlocked(look: StepLook): boolean {
  return isOpen(look) && look.step.blocks === true
}

import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { Secret } from '../model/secret.ts'
import type { AdminSession } from '../sources/admin-session.ts'
import type { SetupStep } from '../sources/setup.ts'
import { isToBeRun, type StepCheck, stateOf } from './setup-check.ts'

interface Application {
  readonly checks: readonly StepCheck[]
  readonly admin: AdminSession
  /** null: none of the steps to apply sets a password. */
  readonly password: Secret | null
  readonly signal: AbortSignal
  /** Called after each step. */
  readonly onDone: (step: SetupStep) => void
}

/** Whether one of the steps to apply sets a password. */
export function needsPassword(checks: readonly StepCheck[]): boolean {
  return checks.some((check) => isToBeRun(check) && check.step.placeholder !== undefined)
}

/**
 * Applies the missing steps in order. Checks each step again just before, because an earlier one may already have done it. Stops at the
 * first failure. Steps that were done stay done, and the next run finds them done.
 */
export async function applySetup(application: Application): Promise<void> {
  const { admin, signal, onDone } = application
  for (const { step } of application.checks.filter(isToBeRun)) {
    if ((await stateOf(step, admin, signal)) === 'there') continue
    await applyStep(step, application)
    onDone(step)
  }
}

async function applyStep(step: SetupStep, { admin, password, signal }: Application): Promise<void> {
  if (step.placeholder !== undefined && password === null)
    throw new OffbeatError('DEFECT', { message: 'a step needs a password and has none' })
  try {
    await admin.apply(step, step.placeholder === undefined ? null : password, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const error = asOffbeatError(thrown)
    // The step says who is allowed to run its statements.
    const isDenied = error.kind === 'permission'
    const expected = isDenied ? (whoCan(step) ?? error.expected) : error.expected
    throw new OffbeatError(error.code, {
      message: `the step ${step.id} failed: ${error.message}`,
      ...(error.found === null ? {} : { found: error.found }),
      ...(expected === null ? {} : { expected }),
      fix: error.fix.length > 0 && !isDenied ? error.fix : step.fix,
      details: { ...error.details, step: step.id },
      cause: error,
    })
  }
}

function whoCan({ fix }: SetupStep): string | null {
  return fix.find((each) => each.in === 'database')?.by ?? null
}

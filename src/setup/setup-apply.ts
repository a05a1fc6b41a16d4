import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { Secret } from '../model/secret.ts'
import type { AdminSession } from '../sources/admin-session.ts'
import { PASSWORD, type SetupPlan, type SetupStep } from '../sources/setup.ts'
import { isToBeRun, type StepLook, stateOf } from './setup-look.ts'

interface Application {
  readonly plan: SetupPlan
  readonly looks: readonly StepLook[]
  readonly admin: AdminSession
  /** null: no statement to be run has a place for one. */
  readonly password: Secret | null
  readonly signal: AbortSignal
  /** Told of each step when it is done. */
  readonly onDone: (step: SetupStep) => void
}

/** Whether a step to be run sets a password. */
export function needsPassword(looks: readonly StepLook[]): boolean {
  return looks.some((look) => isToBeRun(look) && look.step.statements.some((statement) => statement.includes(PASSWORD)))
}

/**
 * Runs what is missing, in order. Each step is asked again just before, since one may have brought the next with it. Stops at the first
 * that fails; what is done stays, and is found done the next time.
 */
export async function applySetup(application: Application): Promise<void> {
  const { admin, signal, onDone } = application
  for (const { step } of application.looks.filter(isToBeRun)) {
    if ((await stateOf(step, admin, signal)) === 'there') continue
    for (const statement of step.statements) await runStatement(statement, step, application)
    onDone(step)
  }
}

async function runStatement(statement: string, step: SetupStep, application: Application): Promise<void> {
  const { admin, signal } = application
  try {
    await admin.run(withPassword(statement, application), signal, step.database)
  } catch (thrown) {
    signal.throwIfAborted()
    const error = asOffbeatError(thrown)
    throw new OffbeatError(error.code, {
      message: `the step ${step.id} failed: ${error.message}`,
      ...(error.found === null ? {} : { found: error.found }),
      ...(error.expected === null ? {} : { expected: error.expected }),
      fix: error.fix.length > 0 ? error.fix : [statement],
      details: { ...error.details, step: step.id },
      cause: error,
    })
  }
}

function withPassword(statement: string, { plan, password }: Application): string {
  if (!statement.includes(PASSWORD)) return statement
  if (password === null) throw new OffbeatError('DEFECT', { message: 'a step needs a password and has none' })
  // By a function, since a password may hold what `replace` takes for a pattern.
  return statement.replace(PASSWORD, () => plan.passwordLiteral(password))
}

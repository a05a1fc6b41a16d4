import type { Fix, StatementFix } from '../model/fix.ts'
import type { Secret } from '../model/secret.ts'
import type { SetupStep } from './setup.ts'

/** `unknown`: it cannot be determined. */
export type StepState = 'there' | 'missing' | 'unknown'

/** How an operator can remove what prevents a step. */
export interface StepRemedies {
  readonly fixes: readonly Fix[]
  /** true: `fixes` is the whole remedy. false: the cause is not known, and the step's own `fix` applies too. */
  readonly areComplete: boolean
}

/**
 * An administrator's session on the servers of a source. It is opened with `--admin URL` or `OFFBEAT_ADMIN_URL`, used once, never stored
 * and never printed. Only `setup --apply` and `doctor --fix` open one. Every method rejects with a classified error. Its kind is
 * `permission` if this administrator lacks a privilege. The steps are those from the `setup` of the same source definition.
 *
 * `setup --apply` gets the state of every step in the plan's order, then the evidence and the remedies of each missing step. These are
 * separate calls, because the user may be able to see one and not the other. After the confirmation, it gets the state again just before it
 * applies each step, because an earlier step may already have done the next one.
 */
export interface AdminSession extends AsyncDisposable {
  readonly target: AdminTarget
  /** Whether the step is done. Read-only. If the object that the step is about does not exist yet, the step is `missing`. */
  state(step: SetupStep, signal: AbortSignal): Promise<StepState>
  /** What prevents a missing step, in words, one cause per entry. Read-only. */
  evidence(step: SetupStep, signal: AbortSignal): Promise<readonly string[]>
  /** Called only for a missing step. Read-only. */
  remedies(step: SetupStep, signal: AbortSignal): Promise<StepRemedies>
  /** Runs all statements of a step. `password` is null if the step has no `placeholder`. No error contains the password. */
  apply(step: SetupStep, password: Secret | null, signal: AbortSignal): Promise<void>
  /** Runs one statement in the database given by its `at`; null is the captured database. */
  run(statement: StatementFix, signal: AbortSignal): Promise<void>
}

/**
 * Whether the administrator's URL leads to the server that the source reads, or to its primary. The servers themselves are compared,
 * because one server can have two names.
 */
export type AdminTarget =
  | { readonly is: 'same' }
  | {
      readonly is: 'other' | 'unknown'
      /** Host and port in the administrator's URL. */
      readonly admin: string
      /** Host and port of the source. */
      readonly source: string
      /** How the servers differ, or why that is not known. */
      readonly found: string
    }

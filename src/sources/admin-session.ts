import type { Fix, StatementFix } from '../model/fix.ts'
import type { Secret } from '../model/secret.ts'
import type { SetupStep } from './setup.ts'

/** `unknown`: it cannot be asked. */
export type StepState = 'there' | 'missing' | 'unknown'

/** What an operator can run or do against what prevents a step. */
export interface StepRemedies {
  readonly fixes: readonly Fix[]
  /** They are all that is to be done: the step's own `fix` is for when it is not known what is in the way. */
  readonly areComplete: boolean
}

/**
 * An administrator's session on the servers of a source: opened by `--admin URL` or `OFFBEAT_ADMIN_URL`, used once, stored nowhere, never
 * printed. Only `setup --apply` and `doctor --fix` have one. Every method rejects with a classified error, which has the kind `permission`
 * where this administrator is not allowed to. Steps are those that `setup` of the same source's definition made.
 *
 * `setup --apply` asks for the state of every step in the plan's order, and for the evidence and the remedies of those that are missing, each by
 * itself, since the user may see the one and not the other; then, after a
 * confirmation, for the state again just before each step that it applies, since one step may have brought the next with it.
 */
export interface AdminSession extends AsyncDisposable {
  readonly place: AdminPlace
  /** Whether the step is done. Changes nothing. What the question is about may not exist yet: then it is missing. */
  state(step: SetupStep, signal: AbortSignal): Promise<StepState>
  /** What prevents a step that is missing, for people, one thing an entry. Changes nothing. */
  evidence(step: SetupStep, signal: AbortSignal): Promise<readonly string[]>
  /** Called of a missing step only. Changes nothing. */
  remedies(step: SetupStep, signal: AbortSignal): Promise<StepRemedies>
  /** Runs all statements of a step. `password`: null where the step has no `placeholder`. No error repeats it. */
  apply(step: SetupStep, password: Secret | null, signal: AbortSignal): Promise<void>
  /** Runs one statement, where it says; `at` null: in the database that the source captures. */
  run(statement: StatementFix, signal: AbortSignal): Promise<void>
}

/** Whether the administrator's URL leads to the server that the source reads, or to its primary. One server may have two names, so it is asked. */
export type AdminPlace =
  | { readonly is: 'same' }
  | {
      readonly is: 'other' | 'unknown'
      /** Host and port that the URL names. */
      readonly admin: string
      /** Those of the source. */
      readonly source: string
      /** What distinguishes them, or why it is not known. */
      readonly found: string
    }

import type { StepState } from '../../admin-session.ts'
import type { SetupStep } from '../../setup.ts'
import type { MongodbConnection } from '../connect/connection.ts'

/** A set-up step that an administrator's connection can check. */
export interface MongodbStep extends SetupStep {
  /** Absent: it cannot be determined. Read-only. */
  readonly state?: (connection: MongodbConnection, signal: AbortSignal) => Promise<StepState>
  /** What prevents the step, if it is missing. */
  readonly evidence?: (connection: MongodbConnection, signal: AbortSignal) => Promise<readonly string[]>
}

/** What a command has instead of the password, with the quotes of a literal of the shell. */
export const PASSWORD = '"<password>"'

export function doneIf(isDone: boolean): StepState {
  return isDone ? 'there' : 'missing'
}

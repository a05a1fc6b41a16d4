import type { Fix } from '../model/fix.ts'
import type { OutsideForm } from '../model/outside-form.ts'

/** The set-up options that are not in the source's configuration. */
export interface SetupVariant {
  /** The source's name in the configuration, for command lines that name it. */
  readonly source: string
  /** Who runs the server: one of `SourceDefinition.services`. */
  readonly service: string
  /** Plan the read-only form even if the configuration is not read-only yet. */
  readonly readOnly: boolean
  /** Also grant privileges that are only for monitoring: `status` and `doctor` need them for some figures. */
  readonly monitoring: boolean
  /** The scheduler's database in the read-only form; null: the captured database. */
  readonly schedulerDatabase: string | null
  /** The hosts from which the connector's user logs in, where an account is for certain hosts; null: any host. */
  readonly accountHost: string | null
  /** The absolute path of the configuration, for a job on this machine. Absent: not known. */
  readonly configuration?: string
}

/**
 * What a database needs before it can be captured. The plan is built from the configuration alone, without a connection, so it can always
 * be printed. The source's `AdminSession` knows how to check and apply a step.
 */
export interface SetupPlan {
  /** e.g. 'read-write, the connector updates the heartbeat table'. */
  readonly form: string
  /** In the order to do them. */
  readonly steps: readonly SetupStep[]
  /** Other things that the user should know, one or two sentences each. */
  readonly notes: readonly string[]
  /** The job that writes the heartbeats from outside the database, in each form that can run it. Empty if there is no such job. */
  readonly outside: readonly OutsideJob[]
}

/** The job in one form. */
export interface OutsideJob {
  readonly form: OutsideForm
  /** The complete text, ready to be copied. Contains no password. */
  readonly text: string
}

export interface SetupStep {
  /** e.g. 'heartbeat-table'; unique in its plan. */
  readonly id: string
  /** The reason, one sentence. Adjacent steps can share it. */
  readonly why: string
  /**
   * `setup`: an administrator's session can apply it. `operator`: it is not for us to do (a restart, a change in a service's console, a
   * decision about a user's table). `run`: the connector does it automatically.
   */
  readonly by: 'setup' | 'operator' | 'run'
  /** Safe to print: `placeholder` replaces a password. For a step by `setup`, statements only. */
  readonly fix: readonly Fix[]
  /** What a statement has instead of the password, including the quotes. Absent: the step sets no password. */
  readonly placeholder?: string
  /** true: if this step is not done, the set-up stops before it changes anything. */
  readonly blocks?: boolean
  /** Who needs it, if not everyone does. It is printed as a comment, and applied only if it is found missing. */
  readonly onlyWhere?: string
  /**
   * Advice, or an extra that a user can request. It is printed as a comment and never applied, and it is not an error if it is not done.
   */
  readonly optional?: boolean
}

import type { Fix } from '../model/fix.ts'

/** Which form of set-up is wanted, beside what the source's configuration says. */
export interface SetupVariant {
  /** The source's name in the configuration, for command lines that name it. */
  readonly source: string
  /** Who runs the server: one of `SourceDefinition.services`. */
  readonly service: string
  /** Plan the read-only form though the configuration does not have it yet. */
  readonly readOnly: boolean
  /** Also grant privileges that are only for monitoring: figures that `status` and `doctor` cannot know without them. */
  readonly monitoring: boolean
  /** The database of the scheduler of the read-only form; null: the one that is captured. */
  readonly schedulerDatabase: string | null
}

/**
 * What a database needs so that it can be captured: data that is made from the configuration alone, without a connection, so that it can be
 * printed. How a step is asked about and applied is known to the source's `AdminSession`.
 */
export interface SetupPlan {
  /** e.g. 'read-write, the connector updates the heartbeat table'. */
  readonly form: string
  /** In the order to be done. */
  readonly steps: readonly SetupStep[]
  /** What a person should know beside the steps, a sentence or two each. */
  readonly notes: readonly string[]
  /** The job that writes the heartbeats from outside the database, in each form that can run it; empty where none is to. */
  readonly outside: readonly OutsideJob[]
}

/** The same job in one form. */
export interface OutsideJob {
  /** As `setup --as` takes it: 'crontab', 'cronjob' (Kubernetes), 'atlas', ... */
  readonly form: string
  /** The whole of it, ready to be copied; no password is in it. */
  readonly text: string
}

export interface SetupStep {
  /** e.g. 'heartbeat-table'; unique in its plan. */
  readonly id: string
  /** The reason, one sentence. Steps beside each other may share it. */
  readonly why: string
  /**
   * `setup`: an administrator's session can apply it. `operator`: nothing that we should do (a restart, a service's console, a choice about
   * a user's table). `run`: the connector does it by itself.
   */
  readonly by: 'setup' | 'operator' | 'run'
  /** As it may be shown: `placeholder` is in the place of a password. Of a step by `setup` statements alone. */
  readonly fix: readonly Fix[]
  /** Is in a statement where the password is, quotes included; absent: the step sets no password. */
  readonly placeholder?: string
  /** Not done, it stops the set-up before anything is changed. */
  readonly blocks?: boolean
  /** For whom it is, when not for all: shown as a comment, and applied only where it is found missing. */
  readonly onlyWhere?: string
  /** Advice, or something to be asked for: shown as a comment, never applied, and no fault when it is not done. */
  readonly optional?: boolean
}

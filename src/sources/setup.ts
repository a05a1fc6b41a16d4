/** Which form of set-up is wanted, beside what the source's configuration says. */
export interface SetupVariant {
  /** Who runs the server: one of `SourceDefinition.services`. */
  readonly service: string
  /** Grant also what is only for sight: figures in `status` and `doctor` that would be unknown without it. */
  readonly sight: boolean
  /** The database where the scheduler of the read-only form lives; null: the one that is captured. */
  readonly schedulerDatabase: string | null
}

/** What a database needs so that it can be captured: made from the configuration alone, without a look at any server. */
export interface SetupPlan {
  /** In the order to be done. */
  readonly steps: readonly SetupStep[]
  /** What a person should know beside the steps, a sentence each. */
  readonly notes: readonly string[]
}

export interface SetupStep {
  /** e.g. 'heartbeat-table'; unique in its plan. */
  readonly id: string
  /** The reason, one sentence. */
  readonly why: string
  /**
   * `setup`: its statements can be run by an administrator's session. `operator`: nothing that a statement of ours should do (a restart, a
   * service's console, a choice about somebody's table). `run`: the connector does it by itself.
   */
  readonly by: 'setup' | 'operator' | 'run'
  /** The database to run it in. */
  readonly database: string
  /**
   * One statement an entry, without the semicolon, as they may be shown: PASSWORD stands for a password, quotes included. Of a step by
   * `operator`: what to do, or to look with.
   */
  readonly statements: readonly string[]
  /** Asks whether the step is done already; null: it cannot be asked. */
  readonly done: SetupQuestion | null
  /** Lists what stands in the way, for people; null: nothing to list. */
  readonly evidence: SetupQuestion | null
  /** Not done, it stops the set-up before anything is changed. */
  readonly blocks: boolean
  /** When it is for some only: for whom; it is shown as a comment, and done only where `done` says that it is missing. null: for all. */
  readonly onlyWhere: string | null
  /** Shown, and not done unless asked for. */
  readonly optional: boolean
}

export interface SetupQuestion {
  readonly query: string
  readonly params: readonly string[]
}

/** Stands in statements for a password. */
export const PASSWORD = "'<password>'"

import type { Secret } from '../model/secret.ts'

/** Which form of set-up is wanted, beside what the source's configuration says. */
export interface SetupVariant {
  /** Who runs the server: one of `SourceDefinition.services`. */
  readonly service: string
  /** Plan the read-only form though the configuration does not have it yet. */
  readonly readOnly: boolean
  /** Grant also what is only for sight: figures that `status` and `doctor` cannot know without it. */
  readonly sight: boolean
  /** The database where the scheduler of the read-only form lives; null: the one that is captured. */
  readonly schedulerDatabase: string | null
}

/** What a database needs so that it can be captured: made from the configuration alone, without a look at any server. */
export interface SetupPlan {
  /** e.g. 'read-write, heartbeat table'. */
  readonly form: string
  /** In the order to be done. */
  readonly steps: readonly SetupStep[]
  /** What a person should know beside the steps, a sentence or two each. */
  readonly notes: readonly string[]
  /** What a scheduler outside the database is to run, where one may stand in for the database's own; null: nothing. */
  readonly outside: OutsideJob | null
  /** The line of the script, for the database's own client, that goes over to this database. */
  connectLine(database: string): string
  /** How a password stands in a statement in the place of PASSWORD, safe whatever it holds. */
  passwordLiteral(password: Secret): string
}

export interface OutsideJob {
  /** Five fields of cron. */
  readonly schedule: string
  /** For a shell; the password comes from a file that the comment names. */
  readonly command: string
  readonly comment: string
}

export interface SetupStep {
  /** e.g. 'heartbeat-table'; unique in its plan. */
  readonly id: string
  /** The reason, one sentence. Steps beside each other may share it. */
  readonly why: string
  /**
   * `setup`: its statements can be run by an administrator's session. `operator`: nothing that a statement of ours should do (a restart, a
   * service's console, a choice about somebody's table). `run`: the connector does it by itself.
   */
  readonly by: 'setup' | 'operator' | 'run'
  /** The database to run it in. */
  readonly database: string
  /**
   * One statement an entry, without the semicolon, as they may be shown: PASSWORD stands for a password. Of a step by `operator`: what
   * to do, in words or as a statement.
   */
  readonly statements: readonly string[]
  /** Asks whether the step is done already; null: it cannot be asked. */
  readonly done: SetupQuestion | null
  /** Lists what stands in the way, for people, one thing a row; `inWords` makes the sentences of the rows where the query does not. */
  readonly evidence?: SetupQuestion & { readonly inWords?: (rows: readonly string[]) => readonly string[] }
  /**
   * Lists what an operator can run or do against what is in the way, one per row; `inWords` makes it of the rows where the query does not.
   * `replaces`: the statements are only for when it is not known what is in the way.
   */
  readonly remedies?: SetupQuestion & {
    readonly inWords?: (rows: readonly string[]) => readonly string[]
    readonly replaces?: boolean
  }
  /** Not done, it stops the set-up before anything is changed. */
  readonly blocks?: boolean
  /** For whom it is, when not for all: shown as a comment, and run only where `done` says that it is missing. */
  readonly onlyWhere?: string
  /** Advice, or something to be asked for: shown as a comment, never run, and no fault when it is not done. */
  readonly optional?: boolean
}

export interface SetupQuestion {
  readonly query: string
  readonly params: readonly string[]
}

/** Stands in statements for a password, quotes included. */
export const PASSWORD = "'<password>'"

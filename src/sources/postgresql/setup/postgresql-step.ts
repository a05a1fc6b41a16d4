import type { SetupStep } from '../../setup.ts'

/** A step with what is asked about it, in its own database. */
export interface PostgresqlStep extends SetupStep {
  /** Whether it is done: true in the first column of the first row; null: it cannot be asked. */
  readonly done: Question | null
  /** What is in the way. */
  readonly evidence?: readonly string[] | Listing
  readonly remedies?: Listing & {
    /** The statements are only for when it is not known what is in the way. */
    readonly replaces?: boolean
  }
  /** The server takes the hash of a password in place of the password. */
  readonly takesVerifier?: boolean
}

export interface Question {
  readonly query: string
  readonly params: readonly string[]
}

/** One thing a row, in its first column; `inWords` makes the sentences of the rows where the query does not. */
export interface Listing extends Question {
  readonly inWords?: (rows: readonly string[]) => readonly string[]
}

/** Is in statements in the place of a password, quotes included. */
export const PASSWORD = "'<password>'"

type StepParts = Pick<PostgresqlStep, 'statements' | 'done'> & Partial<Omit<PostgresqlStep, 'id' | 'why' | 'database'>>

/** Steps by `setup` in this database, unless their parts say otherwise. */
export function stepIn(database: string) {
  return (id: string, why: string, parts: StepParts): PostgresqlStep => ({ id, why, by: 'setup', database, ...parts })
}

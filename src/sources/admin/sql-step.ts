import { type Fix, inDatabase } from '../../model/fix.ts'
import type { Secret } from '../../model/secret.ts'
import type { SetupStep } from '../setup.ts'

/** A set-up step that is checked and applied with SQL in its own database. */
export interface SqlStep extends SetupStep {
  /** The database in which it is checked and applied. null: none, because its statements name their databases. */
  readonly database: string | null
  /** The query that tells whether it is done: true in the first column of the first row. null: it cannot be determined. */
  readonly done: Question | null
  /** What prevents the step. */
  readonly evidence?: readonly string[] | Listing
  readonly remedies?: Remedies
  /** Each statement of `fix` only returns the statements to run, one per row in the first column. */
  readonly generates?: true
  /** For a step with a `placeholder`: what replaces it in the statements, including the quotes. */
  readonly passwordLiteral?: (password: Secret) => string
}

/** `params` are numbered as the database's driver numbers them. */
export interface Question {
  readonly query: string
  readonly params: readonly string[]
}

/** One item per row, in the first column. `inWords` turns the rows into sentences if the query does not. */
export interface Listing extends Question {
  readonly inWords?: (rows: readonly string[]) => readonly string[]
}

/** One fix per row, built from its first column. */
interface Remedies extends Question {
  readonly fixOf: (row: string) => Fix
  /** The value of `StepRemedies.areComplete` if there are rows. */
  readonly replaces?: boolean
}

/** What statements contain instead of a password, including the quotes. */
export const PASSWORD = "'<password>'"

const ADMINISTRATOR = 'an administrator'
export const EVERYBODY = 'any user'

interface Parts
  extends Pick<SqlStep, 'done'>,
    Partial<Omit<SqlStep, 'id' | 'why' | 'by' | 'fix' | 'database' | 'done'>> {}

interface SetupParts extends Parts {
  readonly run: readonly string[]
  /** Who is allowed to run it; absent: an administrator. */
  readonly who?: string
}

/** Steps that an administrator's session applies in this database. `run` has one statement per entry. */
export function stepIn(database: string | null) {
  return (id: string, why: string, { run, who = ADMINISTRATOR, ...parts }: SetupParts): SqlStep => ({
    id,
    why,
    by: 'setup',
    database,
    fix: run.map((text) => inDatabase(text, who, { at: database })),
    ...parts,
  })
}

interface ManualParts extends Parts {
  readonly fix: readonly Fix[]
  readonly by?: 'operator' | 'run'
}

/** Steps that a person must do, and that are checked in this database. */
export function manualStepIn(database: string | null) {
  return (id: string, why: string, parts: ManualParts): SqlStep => ({
    id,
    why,
    by: 'operator',
    database,
    ...parts,
  })
}

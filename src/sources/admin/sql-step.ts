import { type Fix, inDatabase } from '../../model/fix.ts'
import type { Secret } from '../../model/secret.ts'
import type { SetupStep } from '../setup.ts'

/** A step of a database that is asked and changed in SQL, with what is asked about it, in its own database. */
export interface SqlStep extends SetupStep {
  /** Where it is asked about and applied. */
  readonly database: string
  /** Whether it is done: true in the first column of the first row; null: it cannot be asked. */
  readonly done: Question | null
  /** What is in the way. */
  readonly evidence?: readonly string[] | Listing
  readonly remedies?: Remedies
  /** Of a step with a `placeholder`: what replaces it in its statements, quotes included. */
  readonly passwordLiteral?: (password: Secret) => string
}

/** The parameters as the database's driver numbers them. */
export interface Question {
  readonly query: string
  readonly params: readonly string[]
}

/** One thing a row, in its first column; `inWords` makes the sentences of the rows where the query does not. */
export interface Listing extends Question {
  readonly inWords?: (rows: readonly string[]) => readonly string[]
}

/** One entry a row, made of its first column. */
interface Remedies extends Question {
  readonly fixOf: (row: string) => Fix
  /** `StepRemedies.areComplete`, where there is a row. */
  readonly replaces?: boolean
}

/** Is in statements in the place of a password, quotes included. */
export const PASSWORD = "'<password>'"

const ADMINISTRATOR = 'an administrator'
export const EVERYBODY = 'any user'

interface Parts
  extends Pick<SqlStep, 'done'>,
    Partial<Omit<SqlStep, 'id' | 'why' | 'by' | 'fix' | 'database' | 'done'>> {}

/** Steps that an administrator's session applies, in this database: one statement an entry. */
export function stepIn(database: string) {
  return (id: string, why: string, { run, ...parts }: Parts & { readonly run: readonly string[] }): SqlStep => ({
    id,
    why,
    by: 'setup',
    database,
    fix: run.map((text) => inDatabase(text, ADMINISTRATOR, { at: database })),
    ...parts,
  })
}

interface ManualParts extends Parts {
  readonly fix: readonly Fix[]
  readonly by?: 'operator' | 'run'
}

/** Steps that a person must do, asked about in this database. */
export function manualStepIn(database: string) {
  return (id: string, why: string, parts: ManualParts): SqlStep => ({
    id,
    why,
    by: 'operator',
    database,
    ...parts,
  })
}

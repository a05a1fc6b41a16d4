import { OffbeatError } from '../../../../model/error.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { type QualifiedName, quoteTable } from '../../connect/quoting.ts'

/** A foreign key that changes rows of its table when rows of another one are deleted or get another key. */
export interface Cascade extends QualifiedName {
  /** Its name and its definition without the rules, as the server prints them. */
  readonly constraint: string
  readonly definition: string
  /** `ON DELETE CASCADE`, ... */
  readonly rules: string
}

const NAME = '`(?:[^`]|``)+`'
const NAMES = `\\(${NAME}(?:, ?${NAME})*\\)`
const FOREIGN_KEY = new RegExp(
  `CONSTRAINT (${NAME}) (FOREIGN KEY ${NAMES} REFERENCES (?:${NAME}\\.)?${NAME} ${NAMES})((?: ON (?:DELETE|UPDATE) (?:CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION))+)`,
  'gu',
)

/**
 * The cascades to these tables. They are in the text of the table's definition, which takes SELECT: the catalogue shows the rules only to a
 * user who can change the table.
 */
export async function readCascades(
  connection: MysqlConnection,
  tables: readonly QualifiedName[],
  signal: AbortSignal,
): Promise<readonly Cascade[]> {
  const found: Cascade[] = []
  for (const table of tables) found.push(...(await cascadesOf(connection, table, signal)))
  return found
}

async function cascadesOf(
  connection: MysqlConnection,
  table: QualifiedName,
  signal: AbortSignal,
): Promise<readonly Cascade[]> {
  const [row] = await unlessMissing(connection.query(`SHOW CREATE TABLE ${quoteTable(table)}`, [], { signal }))
  return cascadesIn(row?.['Create Table'] ?? '').map((cascade) => ({ ...cascade, ...table }))
}

export function cascadesIn(definition: string): readonly Omit<Cascade, keyof QualifiedName>[] {
  return [...definition.matchAll(FOREIGN_KEY)].flatMap(([, constraint = '', key = '', rules = '']) =>
    /CASCADE|SET/u.test(rules) ? [{ constraint, definition: key, rules: rules.trim() }] : [],
  )
}

/** The table was dropped in the meantime. */
const MISSING = 1146

async function unlessMissing<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof OffbeatError && error.details['number'] === MISSING) return []
    throw error
  }
}

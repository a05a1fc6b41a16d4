import { OffbeatError } from '../../model/error.ts'

/** A row as text: every value as the server prints it, null for NULL. */
export interface TextRow {
  readonly [column: string]: string | null
}

/** For a column that is never NULL. */
export function text(row: TextRow, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new OffbeatError('DEFECT', { message: `the server returned no value for ${column}` })
}

/** null: NULL, or no row. */
export function numberOf(row: TextRow | undefined, column: string): number | null {
  const value = row?.[column] ?? null
  return value === null ? null : Number(value)
}

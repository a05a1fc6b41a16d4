import { OffbeatError } from '../model/error.ts'

/** One row as node:sqlite returns it. */
export type Row = { readonly [column: string]: unknown }

export function textAt(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : unexpected(column, value)
}

export function textOrNullAt(row: Row, column: string): string | null {
  return row[column] === null ? null : textAt(row, column)
}

export function numberAt(row: Row, column: string): number {
  const value = row[column]
  return typeof value === 'number' ? value : unexpected(column, value)
}

export function numberOrNullAt(row: Row, column: string): number | null {
  return row[column] === null ? null : numberAt(row, column)
}

export function bigintOrNullAt(row: Row, column: string): bigint | null {
  const text = textOrNullAt(row, column)
  return text === null ? null : BigInt(text)
}

export function bytesAt(row: Row, column: string): Uint8Array {
  const value = row[column]
  return value instanceof Uint8Array ? value : unexpected(column, value)
}

/** The column's value, which must be one of `allowed`. */
export function memberAt<T extends string>(row: Row, column: string, allowed: readonly T[]): T {
  const value = textAt(row, column)
  return allowed.find((member) => member === value) ?? unexpected(column, value)
}

function unexpected(column: string, value: unknown): never {
  throw new OffbeatError('STORE_CORRUPT', {
    message: `The store has an unexpected value in the column ${column}.`,
    found: value === null ? 'null' : typeof value,
  })
}

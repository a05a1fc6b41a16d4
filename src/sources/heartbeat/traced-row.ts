import { type Fix, inShell } from '../../model/fix.ts'
import type { Silence } from '../source.ts'
import type { TracedRow } from './row-trace.ts'

/** How a database reads the row that a scheduled job updates. */
export interface JobRow<C> {
  /** The table, as statements name it. */
  readonly name: string
  /** The source's name in the configuration. */
  readonly source: string
  /** A text that differs after each change of the row; null: there is no row with id 1. */
  version(connection: C, signal: AbortSignal): Promise<string | null>
  /** Classifies an error of `version` by its code; null: another error. */
  failure(error: unknown): 'no table' | 'denied' | null
  /** The user whose privileges apply to our statements, as statements name it. */
  user(connection: C): string
  insertRow(): Fix
  /** What a missing row means, where what writes heartbeats also inserts it. Absent: the job only updates it. */
  readonly noRow?: string
  grantRead(connection: C): Fix
}

export function tracedRow<C>(row: JobRow<C>): TracedRow<C> {
  return {
    version: async (connection, signal) => {
      try {
        return (await row.version(connection, signal)) ?? noRow(row)
      } catch (error) {
        const failure = row.failure(error)
        if (failure === null) throw error
        return failure === 'denied' ? denied(row, connection) : noTable(row)
      }
    },
  }
}

function noRow({ name, insertRow, noRow }: JobRow<never>): Silence {
  return { found: noRow ?? `${name} has no row with id 1 for the job to update`, fix: [insertRow()] }
}

function noTable({ name, source }: JobRow<never>): Silence {
  return {
    found: `there is no table ${name} on the server that is read`,
    fix: [inShell(`offbeat setup ${source} --read-only`)],
  }
}

function denied<C>(row: JobRow<C>, connection: C): Silence {
  return { found: `${row.user(connection)} cannot read ${row.name}`, fix: [row.grantRead(connection)] }
}

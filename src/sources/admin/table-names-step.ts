import { forPerson } from '../../model/fix.ts'
import type { TableName } from '../../model/table.ts'
import { unmatchedWords } from '../nearest-table.ts'
import { type TableLevels, tableAt } from '../table-levels.ts'
import { manualStepIn, type SqlStep } from './sql-step.ts'

interface NamedTables<Level extends keyof TableName> {
  /** The database whose catalog has the tables. */
  readonly database: string | null
  readonly why: string
  /** The entries of `tables` that name a single table, each with the condition that finds it. */
  readonly named: readonly { readonly entry: string; readonly condition: string }[]
  readonly levels: TableLevels<Level>
  /** `FROM ... WHERE ...` of the catalog's tables, to which a condition can be added. */
  readonly fromTables: string
  /** The parts of a table's name, in the order of `levels`, as the text of a JSON array. */
  readonly nameAsJson: string
}

/** Refuses names without a table, before a grant on one fails half-way. null: `tables` contains only patterns. */
export function tableNamesStep<Level extends keyof TableName>(tables: NamedTables<Level>): SqlStep | null {
  const { database, why, named, levels, fromTables, nameAsJson } = tables
  if (named.length === 0) return null
  const each = named.map(({ condition }) => `EXISTS (SELECT 1 ${fromTables} AND ${condition})`)
  const entries = named.map(({ entry }) => entry)
  return manualStepIn(database)('table-names', why, {
    blocks: true,
    onlyWhere: 'a table does not exist',
    fix: [forPerson('correct the names in `tables`, or create the tables first')],
    done: { query: `SELECT ${each.join(' AND ')}`, params: [] },
    evidence: {
      query: `SELECT ${nameAsJson} ${fromTables} ORDER BY 1`,
      params: [],
      inWords: (rows) => {
        const known = rows.flatMap((row) => tableAt(partsIn(row), levels) ?? [])
        return unmatchedWords(entries, known, levels)
      },
    },
  })
}

function partsIn(row: string): readonly string[] {
  const parts: unknown[] = JSON.parse(row)
  return parts.map(String)
}

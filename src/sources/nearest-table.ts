import { slipsBetween } from '../model/nearest.ts'
import type { TableName } from '../model/table.ts'
import { parseTablePattern, tableEntry, tableFilter } from './table-pattern.ts'

export type NamedTable = Omit<TableName, 'database'>

/**
 * The table that was most likely meant by an entry of `tables` that matches none, written as `tables` takes it; null when none is near,
 * and for an entry with a `*`. The same name in another schema counts as near.
 */
export function nearestTable(wanted: string, tables: readonly NamedTable[]): string | null {
  const { pattern } = parseTablePattern(wanted)
  if (pattern === null) return null
  const parts = pattern.parts.flatMap((pieces) => (pieces.length === 1 ? pieces : []))
  if (parts.length < pattern.parts.length) return null
  let best: NamedTable | null = null
  let fewest = Number.POSITIVE_INFINITY
  for (const table of tables) {
    const slips = slipsOf(parts, table)
    if (slips === null || slips >= fewest) continue
    best = table
    fewest = slips
  }
  return best === null ? null : tableEntry(best)
}

/** The entries of `tables` that match none of the tables, each with the table that was probably meant. */
export function unmatchedEntries(
  entries: readonly string[],
  tables: readonly NamedTable[],
): readonly { readonly entry: string; readonly meant: string | null }[] {
  return entries.flatMap((entry) => {
    const matches = tableFilter([entry], [])
    if (tables.some(({ schema, name }) => matches(...(schema === null ? [] : [schema]), name))) return []
    return [{ entry, meant: nearestTable(entry, tables) }]
  })
}

/** The tables that entries of `tables` without a `*` name, with their schema. */
export function namedTables(entries: readonly string[]): readonly NamedTable[] {
  return entries.flatMap((entry) => {
    const parts = parseTablePattern(entry).pattern?.parts.map((pieces) => pieces.join('*')) ?? []
    const name = parts.at(-1)
    return name === undefined ? [] : [{ schema: parts.at(-2) ?? null, name }]
  })
}

/** What a misplaced schema counts for, beside the letters of the name. */
const OTHER_SCHEMA = 2

function slipsOf(parts: readonly string[], { schema, name }: NamedTable): number | null {
  const wantedName = parts.at(-1) ?? ''
  const inName = slipsBetween(wantedName, name)
  // A word of which no letter is right is not a slip of another.
  if (inName === null || (inName > 0 && inName >= wantedName.length)) return null
  const wantedSchema = parts.at(-2)
  if (wantedSchema === undefined || schema === null) return inName
  const inSchema = slipsBetween(wantedSchema, schema)
  if (inSchema !== null) return inName + inSchema
  return inName === 0 ? OTHER_SCHEMA : null
}

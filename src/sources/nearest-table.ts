import { slipsBetween } from '../model/nearest.ts'
import type { TableName } from '../model/table.ts'
import { type LevelledTable, pathOf, type TableLevels } from './table-levels.ts'
import { checkedPattern, tableEntry, tableFilter } from './table-pattern.ts'

/**
 * The table that the user most likely meant by an entry of `tables` that matches none, in the form of `tables`. null if no table is
 * similar, or if the entry has a `*`. The same name in another schema (or database) counts as similar. The entry must have been validated.
 */
export function nearestTable<Level extends keyof TableName>(
  wanted: string,
  tables: readonly LevelledTable<Level>[],
  levels: TableLevels<Level>,
): string | null {
  return nearestPath(
    wanted,
    tables.map((table) => pathOf(table, levels)),
  )
}

function nearestPath(wanted: string, paths: readonly (readonly string[])[]): string | null {
  const pattern = checkedPattern(wanted)
  const parts = pattern.parts.flatMap((pieces) => (pieces.length === 1 ? pieces : []))
  if (parts.length < pattern.parts.length) return null
  let best: readonly string[] | null = null
  let fewest = Number.POSITIVE_INFINITY
  for (const path of paths) {
    const slips = slipsOf(parts, path)
    if (slips === null || slips >= fewest) continue
    best = path
    fewest = slips
  }
  return best === null ? null : tableEntry(best)
}

/** An entry of `tables` that matches no table, with the table that was probably meant. */
export interface UnmatchedEntry {
  readonly entry: string
  readonly meant: string | null
}

export function unmatchedEntries<Level extends keyof TableName>(
  entries: readonly string[],
  tables: readonly LevelledTable<Level>[],
  levels: TableLevels<Level>,
): readonly UnmatchedEntry[] {
  return unmatched(
    entries,
    tables.map((table) => pathOf(table, levels)),
  )
}

/** The same in words, one line for each entry. */
export function unmatchedWords<Level extends keyof TableName>(
  entries: readonly string[],
  tables: readonly LevelledTable<Level>[],
  levels: TableLevels<Level>,
): readonly string[] {
  return unmatchedEntries(entries, tables, levels).map(
    ({ entry, meant }) => `${entry}: no such table${meant === null ? '' : `; did you mean ${meant}?`}`,
  )
}

/** As `unmatchedEntries`, for tables that are given in the form of `tables`. */
export function unmatchedAmong(entries: readonly string[], tables: readonly string[]): readonly UnmatchedEntry[] {
  return unmatched(
    entries,
    tables.map((table) => checkedPattern(table).parts.map((pieces) => pieces.join('*'))),
  )
}

function unmatched(entries: readonly string[], paths: readonly (readonly string[])[]): readonly UnmatchedEntry[] {
  return entries.flatMap((entry) => {
    const matches = tableFilter([entry], [])
    return paths.some((path) => matches(...path)) ? [] : [{ entry, meant: nearestPath(entry, paths) }]
  })
}

/** The cost of a different schema or database, in letters of difference in the name. */
const OTHER_PART = 2

function slipsOf(wanted: readonly string[], path: readonly string[]): number | null {
  const [wantedName = '', ...wantedAbove] = wanted.toReversed()
  const [name = '', ...above] = path.toReversed()
  const inName = slipsBetween(wantedName, name)
  // If every letter differs, it is another name and not a typo.
  if (inName === null || (inName > 0 && inName >= wantedName.length)) return null
  let slips = inName
  for (const [i, wantedPart] of wantedAbove.entries()) {
    const part = above[i]
    if (part === undefined) break
    const inPart = slipsBetween(wantedPart, part)
    if (inPart === null && inName > 0) return null
    slips += inPart ?? OTHER_PART
  }
  return slips
}

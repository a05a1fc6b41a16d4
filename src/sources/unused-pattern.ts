import type { DataWords } from '../model/data-words.ts'
import { type Fix, forPerson } from '../model/fix.ts'
import type { NoticeEvent } from '../model/log-event.ts'
import type { TableName } from '../model/table.ts'
import { unmatchedEntries } from './nearest-table.ts'
import type { SourceConfig } from './source-config.ts'
import { type LevelledTable, pathOf, type TableLevels, tableForm } from './table-levels.ts'

const MOST_NAMED = 20

/**
 * The notices that a reader reports at its start, one for each entry of `tables` and `exclude` that matches none of the tables that can be
 * watched.
 */
export function unusedPatterns<Level extends keyof TableName>(
  { tables: wanted, exclude }: Pick<SourceConfig, 'tables' | 'exclude'>,
  tables: readonly LevelledTable<Level>[],
  { levels, words }: { readonly levels: TableLevels<Level>; readonly words: DataWords },
  /** What would show the tables of an entry; null: the user sees all that it can match. */
  hidden: (entry: string) => Fix | null = () => null,
): readonly NoticeEvent[] {
  const code = 'TABLE_PATTERN_UNUSED'
  // A table that is left out and not visible is as it should be.
  const visible = exclude.filter((entry) => hidden(entry) === null)
  return unmatchedEntries([...wanted, ...visible], tables, levels).map(({ entry: pattern, meant }) => {
    const grant = hidden(pattern)
    const seen = grant === null ? '' : ' that the user can see'
    const details = {
      pattern,
      found: `${tables.length} ${words.table}${tables.length === 1 ? '' : 's'}${seen}${namedParents(tables, levels)}`,
      expected: `${tableForm(levels, words)}, with * within a part; names with capitals or special characters in double quotes`,
    }
    const show = grant === null ? [] : [grant]
    if (meant === null) return { type: 'notice', code, details, ...(grant === null ? {} : { fix: show }) }
    const correct = forPerson(`did you mean ${meant}? Correct ${pattern} in the configuration and start again`)
    return { type: 'notice', code, details: { ...details, meant }, fix: [correct, ...show] }
  })
}

/** `, in the schemas public, sales`: the values of the second-last part of these tables' names. */
function namedParents<Level extends keyof TableName>(
  tables: readonly LevelledTable<Level>[],
  levels: TableLevels<Level>,
): string {
  const above = levels.at(-2)
  if (above === undefined) return ''
  const parents = new Set(tables.map((table) => pathOf(table, levels).at(-2)))
  const named = [...parents].slice(0, MOST_NAMED).join(', ')
  return `, in the ${above}s ${named === '' ? '(none)' : named}`
}

import { forPerson } from '../model/fix.ts'
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
  levels: TableLevels<Level>,
  /** Where a user sees only some tables: which ones, in words. */
  visible = '',
): readonly NoticeEvent[] {
  const code = 'TABLE_PATTERN_UNUSED'
  return unmatchedEntries([...wanted, ...exclude], tables, levels).map(({ entry: pattern, meant }) => {
    const details = {
      pattern,
      found: `${tables.length} ${tables.length === 1 ? 'table' : 'tables'}${visible}${namedParents(tables, levels)}`,
      expected: `${tableForm(levels)}, with * within a part; names with capitals or special characters in double quotes`,
    }
    if (meant === null) return { type: 'notice', code, details }
    const correct = forPerson(`did you mean ${meant}? Correct ${pattern} in the configuration and start again`)
    return { type: 'notice', code, details: { ...details, meant }, fix: [correct] }
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

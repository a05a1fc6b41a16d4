import { forPerson } from '../model/fix.ts'
import type { NoticeEvent } from '../model/log-event.ts'
import { type NamedTable, unmatchedEntries } from './nearest-table.ts'
import type { SourceConfig } from './source-config.ts'

const MOST_SCHEMAS_NAMED = 20

/** What a reader reports at its start of the entries of `tables` and `exclude` that match none of the tables that can be watched. */
export function unusedPatterns(
  { tables: wanted, exclude }: Pick<SourceConfig, 'tables' | 'exclude'>,
  tables: readonly NamedTable[],
): readonly NoticeEvent[] {
  const code = 'TABLE_PATTERN_UNUSED'
  return unmatchedEntries([...wanted, ...exclude], tables).map(({ entry: pattern, meant }) => {
    const among = [...new Set(tables.map(({ schema }) => schema))].slice(0, MOST_SCHEMAS_NAMED).join(', ')
    const details = {
      pattern,
      found: `${tables.length} tables, in the schemas ${among === '' ? '(none)' : among}`,
      expected: 'schema.table, with * within a part; names with capitals or special characters in double quotes',
    }
    if (meant === null) return { type: 'notice', code, details }
    const correct = forPerson(`did you mean ${meant}? Correct ${pattern} in the configuration and start again`)
    return { type: 'notice', code, details: { ...details, meant }, fix: [correct] }
  })
}

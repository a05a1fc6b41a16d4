import type { DataWords } from '../../model/data-words.ts'
import type { Fix } from '../../model/fix.ts'
import type { TableName } from '../../model/table.ts'
import { advice, type Check, type CheckFix, configure, finding, manual, unseen, well } from '../../sources/check.ts'
import { listed } from '../../sources/listed.ts'
import { unmatchedEntries } from '../../sources/nearest-table.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import { type LevelledTable, type TableLevels, tableForm } from '../../sources/table-levels.ts'

export interface PatternEvidence<Level extends keyof TableName> {
  readonly config: Pick<SourceConfig, 'tables' | 'exclude'>
  /** Every table that can be watched. */
  readonly tables: readonly LevelledTable<Level>[]
  readonly defaults: { readonly levels: TableLevels<Level>; readonly words: DataWords }
  /** What would show the tables of an entry; null: the user sees all tables that it can match. Absent: every user does. */
  readonly hidden?: (entry: string) => Fix | null
}

/** Checks for entries of `tables` and `exclude` that match no table. `of` returns null if it is not known which tables exist. */
export function patternCheck<Evidence, Level extends keyof TableName>(
  kind: string,
  of: (evidence: Evidence) => PatternEvidence<Level> | null,
): Check<Evidence> {
  return {
    id: `${kind}.table-patterns`,
    symptom: 4,
    title: '`tables` and `exclude`',
    codes: ['TABLE_PATTERN_UNUSED'],
    run(evidence) {
      const about = of(evidence)
      if (about === null || about.config.tables.length + about.config.exclude.length === 0) return null
      const { config, tables } = about
      const { levels, words } = about.defaults
      const { table } = words
      const expected = `each pattern matches a ${table}: ${tableForm(levels, words)}, with * within a part`
      // A table that is left out and not visible is as it should be.
      const excluded = config.exclude.filter((entry) => (about.hidden?.(entry) ?? null) === null)
      const unused = unmatchedEntries([...config.tables, ...excluded], tables, levels)
      if (unused.length === 0) return well(`each matches a ${table}`, expected)
      const patterns = unused.map(({ entry }) => entry)
      const typos = unused.flatMap(({ entry, meant }) =>
        meant === null ? [] : [advice(`for ${entry}: did you mean ${meant}?`)],
      )
      const grants = patterns.flatMap((entry) => about.hidden?.(entry) ?? [])
      if (grants.length > 0)
        return unseen(
          `matches no ${table} that the user can see: ${listed(patterns)}`,
          grants.map(({ text }) => text).join('; '),
          [...typos, ...grants.map((fix) => manual(fix, `the ${table}s may not exist`))],
        )
      return finding('warn', 'TABLE_PATTERN_UNUSED', {
        found: `matches no ${table}: ${listed(patterns)}`,
        expected,
        fix: [
          ...typos,
          advice(`correct the pattern if it is wrong; a ${table} created later will match`),
          ...withoutPatterns(config, patterns),
        ],
      })
    },
  }
}

/** Both lists without the unused patterns. If `tables` would become empty, it is left as it is, because an empty list means all tables. */
function withoutPatterns(
  config: Pick<SourceConfig, 'tables' | 'exclude'>,
  patterns: readonly string[],
): readonly CheckFix[] {
  return (['tables', 'exclude'] as const).flatMap((key) => {
    const kept = config[key].filter((pattern) => !patterns.includes(pattern))
    if (kept.length === config[key].length || (key === 'tables' && kept.length === 0)) return []
    return [configure(`${key}: [${kept.map((pattern) => JSON.stringify(pattern)).join(', ')}]`)]
  })
}

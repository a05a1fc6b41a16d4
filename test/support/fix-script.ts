import { expect } from 'vitest'
import { fixLines } from '../../src/cli/terminal/fix-text.ts'
import { styleFor } from '../../src/cli/terminal/style.ts'
import type { Fix } from '../../src/model/fix.ts'
import { PSQL_SCRIPT } from '../../src/sources/postgresql/connect/psql-script.ts'

/** The printed fixes as one text. If they contain no commands, it is valid SQL with the texts as comments. */
export function scriptOf(fixes: readonly Fix[]): string {
  const lead = (label: string) => (label === 'psql' || label === 'run' ? '' : `-- ${label}: `)
  return fixLines(fixes, { width: 10_000, style: styleFor(false), script: PSQL_SCRIPT, lead }).join('\n')
}

export function textsOf(fixes: readonly Fix[]): readonly string[] {
  return fixes.map(({ text }) => text)
}

/** Matches an entry whose text contains `text`. */
export function withText(text: string): unknown {
  return expect.objectContaining({ text: expect.stringContaining(text) })
}

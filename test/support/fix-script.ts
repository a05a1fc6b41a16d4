import { expect } from 'vitest'
import { fixLines } from '../../src/cli/terminal/fix-text.ts'
import { styleFor } from '../../src/cli/terminal/style.ts'
import type { Fix } from '../../src/model/fix.ts'
import { PSQL_SCRIPT } from '../../src/sources/postgresql/connect/psql-script.ts'

/** As it is printed, as one text, which is SQL as it stands where it has no commands: words are comments in it. */
export function scriptOf(fixes: readonly Fix[]): string {
  const lead = (label: string) => (label === 'run' ? '' : `-- ${label}: `)
  return fixLines(fixes, { width: 10_000, style: styleFor(false), script: PSQL_SCRIPT, lead }).join('\n')
}

export function textsOf(fixes: readonly Fix[]): readonly string[] {
  return fixes.map(({ text }) => text)
}

/** Matches an entry whose text has this in it. */
export function withText(text: string): unknown {
  return expect.objectContaining({ text: expect.stringContaining(text) })
}

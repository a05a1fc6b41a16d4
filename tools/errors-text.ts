import { ERROR_AREAS, errorKindInWords } from '../src/model/error-area.ts'
import type { ErrorEntry } from '../src/model/error-entry.ts'

const HEAD = `# Error codes

<!-- Written by \`npm run docs\` from src/model/error-codes/: change it there. -->

Every error that Offbeat prints, logs or gives as JSON carries one of these codes, with what happened, what was found, what was
expected, and where there is one a statement or command to run. The kind says who acts, and with it which exit code a command
ends with (see [operations](operations.md#exit-codes)).
`

/** The complete text of docs/errors.md. */
export function errorsPage(): string {
  return [HEAD, ...ERROR_AREAS.map(([title, table]) => area(title, table))].join('\n')
}

function area(title: string, table: Readonly<Record<string, ErrorEntry>>): string {
  const entries = Object.entries(table).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return [`## ${title}\n`, ...entries.map(([code, entry]) => section(code, entry))].join('\n')
}

function section(code: string, entry: ErrorEntry): string {
  const retried = entry.retry ? ' A running connector retries it.' : ''
  return `### ${code}\n\n${entry.summary} ${entry.cure}\n\n*${errorKindInWords(entry.kind)}*${retried}\n`
}

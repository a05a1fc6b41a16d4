import { CONFIGURATION_ERRORS } from '../src/model/error-codes/configuration.ts'
import { CONNECTOR_ERRORS } from '../src/model/error-codes/connector.ts'
import { DOCTOR_ERRORS } from '../src/model/error-codes/doctor.ts'
import { POSTGRESQL_ERRORS } from '../src/model/error-codes/postgresql.ts'
import { POSTGRESQL_CHECK_ERRORS } from '../src/model/error-codes/postgresql-check.ts'
import { SERVER_ERRORS } from '../src/model/error-codes/server.ts'
import { STORAGE_ERRORS } from '../src/model/error-codes/storage.ts'
import type { ErrorEntry, ErrorKind } from '../src/model/error-entry.ts'
import { unreachable } from '../src/model/unreachable.ts'

const HEAD = `# Error codes

<!-- Written by \`npm run docs\` from src/model/error-codes/: change it there. -->

Every error that Offbeat prints, logs or gives as JSON carries one of these codes, with what happened, what was found, what was
expected, and where there is one a statement or command to run. The kind says who acts, and with it which exit code a command
ends with (see [operations](operations.md#exit-codes)).
`

const AREAS: readonly (readonly [string, Readonly<Record<string, ErrorEntry>>])[] = [
  ['Configuration and command line', CONFIGURATION_ERRORS],
  ['Connector', CONNECTOR_ERRORS],
  ['Doctor', DOCTOR_ERRORS],
  ['Store and sinks', STORAGE_ERRORS],
  ['HTTP', SERVER_ERRORS],
  ['PostgreSQL', { ...POSTGRESQL_ERRORS, ...POSTGRESQL_CHECK_ERRORS }],
]

/** The whole of docs/errors.md. */
export function errorsPage(): string {
  return [HEAD, ...AREAS.map(([title, table]) => area(title, table))].join('\n')
}

function area(title: string, table: Readonly<Record<string, ErrorEntry>>): string {
  const entries = Object.entries(table).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return [`## ${title}\n`, ...entries.map(([code, entry]) => section(code, entry))].join('\n')
}

function section(code: string, entry: ErrorEntry): string {
  const retried = entry.retry ? ' Tried again by itself while running.' : ''
  return `### ${code}\n\n${entry.summary} ${entry.cure}\n\n*${kindInWords(entry.kind)}*${retried}\n`
}

function kindInWords(kind: ErrorKind): string {
  switch (kind) {
    case 'configuration':
      return 'Configuration: yours to mend.'
    case 'permission':
      return 'Permission: yours to grant.'
    case 'read-only':
      return 'Read-only: the server refuses writes.'
    case 'transient':
      return 'Transient: passes, or needs a look at the network or server.'
    case 'lost position':
      return 'Lost position: yours to choose how to go on.'
    case 'defect':
      return 'Defect: ours; please report it.'
    case 'notice':
      return 'Notice: to be known; nothing stops.'
    default:
      return unreachable(kind)
  }
}

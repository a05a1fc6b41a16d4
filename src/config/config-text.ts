import { stringify } from 'yaml'
import { printable } from '../model/printable.ts'
import { unreachable } from '../model/unreachable.ts'
import { type HeartbeatDefaults, usualMode } from '../sources/heartbeat-schema.ts'

/** The values for a first configuration with one source. */
export interface FirstSource {
  readonly name: string
  readonly kind: string
  /** The URL with a variable of the environment as its password. */
  readonly url: string
  readonly tables: readonly string[]
  /** Some tables of the database, listed in a comment. */
  readonly found: readonly string[]
  readonly readOnly: boolean
  readonly interval: string
  readonly heartbeat: HeartbeatDefaults
  /** More keys of the entry. */
  readonly settings: Readonly<Record<string, string>>
  /** The reasons for this interval and this mode, one sentence each. */
  readonly reasons: readonly string[]
  /** The path of the JSON Schema, for editors. */
  readonly schema: string
}

/** Returns a commented configuration file. */
export function configText(source: FirstSource): string {
  return `# yaml-language-server: $schema=${source.schema}
#
# Offbeat's configuration. \${NAME} is taken from the environment, so this file contains no password.

sources:
  ${scalar(source.name)}:
    kind: ${scalar(source.kind)}
    url: ${scalar(source.url)}
${tablesText(source)}
${Object.entries(source.settings)
  .map(([key, value]) => `    ${key}: ${scalar(value)}\n`)
  .join('')}${readOnlyText(source)}
${source.reasons.map((reason) => `    # ${reason}\n`).join('')}    heartbeat:
      interval: ${source.interval}
      source: ${heartbeatText(source)}

# Changes and heartbeats go into this SQLite file, beside this one.
sink: { kind: sqlite, path: offbeat.db }
`
}

function heartbeatText({ heartbeat, readOnly }: FirstSource): string {
  const mode = usualMode(heartbeat, readOnly)
  switch (mode) {
    case null:
    case 'off':
      return 'off'
    case 'table':
      return '{ mode: table }   # the connector updates the heartbeat table itself'
    case 'message':
      return '{ mode: message }   # the connector writes a message into the log'
    case 'job':
      return heartbeat.jobs[0] === 'external'
        ? '{ mode: job }   # a job outside the database updates the heartbeat table'
        : '{ mode: job }   # a scheduled job on the primary updates the heartbeat table'
    default:
      return unreachable(mode)
  }
}

function readOnlyText({ readOnly, heartbeat }: FirstSource): string {
  if (!readOnly) return '    readOnly: false'
  return [
    '    readOnly: true   # no writing statement on this connection',
    ...(heartbeat.jobs.includes('database') ? PRIMARY : []),
  ].join('\n')
}

const PRIMARY = [
  '    # Where this user can read the scheduled job; the rest is as above:',
  '    # primary: { host: primary.example }',
]

function tablesText({ tables, found }: FirstSource): string {
  const there = found.length === 0 ? [] : [`    # Found: ${printable(found.join(', '))}`]
  const list = `    tables: [${tables.map(pattern).join(', ')}]`
  return [...there, tables.length === 0 ? '    tables: []   # all; better list the ones that you need' : list].join(
    '\n',
  )
}

/** Always one line. A `${` in the name is escaped, so that it is not read as a variable. */
function pattern(table: string): string {
  return printable(JSON.stringify(table.split('${').join('$${')))
}

/** Always one line, quoted if YAML would read it as something else. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd()
}

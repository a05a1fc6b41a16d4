import { arch, platform } from 'node:process'
import type { OffbeatError } from '../../model/error.ts'
import { fixDocument, forPerson } from '../../model/fix.ts'
import type { JsonObject } from '../../model/json.ts'
import { lossDocument } from '../../model/loss.ts'
import type { Style } from '../../model/style.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import { fixLines } from './fix-text.ts'
import { lossLines } from './loss-screen.ts'
import { scrub } from './scrub.ts'
import { labelled } from './text-layout.ts'

const REPORT_AT = 'the issue tracker of Offbeat'

export interface ErrorLayout {
  readonly style: Style
  readonly width: number
  readonly version: string
  readonly timeZone: string
  /** The form of the source that the error is about. */
  readonly script: ScriptForm
}

/** Text for a terminal: what happened, what was found and expected, what to run. Ends with a line break. */
export function describeError(error: OffbeatError, layout: ErrorLayout): string {
  const { style, width, version } = layout
  const lines = [style.red(labelled('error: ', scrub(error.message), width))]
  if (error.found !== null) lines.push(labelled('  found:    ', scrub(error.found), width))
  if (error.expected !== null) lines.push(labelled('  expected: ', scrub(error.expected), width))
  if (error.loss === null) lines.push(...describeCure(error, layout))
  else lines.push(...lossLines(error.loss, { ...layout, nowMs: null }))
  if (error.kind === 'defect') lines.push(...describeDefect(error, width, version))
  lines.push(style.dim(`  code:     ${error.code}`))
  return `${lines.join('\n')}\n`
}

/**
 * Statements and commands are on lines of their own and are not wrapped, so that they can be copied. Without any, prints the code's cure.
 */
function describeCure(error: OffbeatError, { style, width, script }: ErrorLayout): readonly string[] {
  if (error.fix.length > 0) {
    const lead = (label: string) => `  ${`${label}:`.padEnd(10)}`
    return fixLines(error.fix, { style, width, script, lead })
  }
  return error.kind === 'defect' ? [] : [labelled('  do:       ', error.entry.cure, width)]
}

function describeDefect(error: OffbeatError, width: number, version: string): readonly string[] {
  const ask = `This is a bug in Offbeat. Please report it at ${REPORT_AT}, with these lines and what you did.`
  const where = `offbeat ${version}, node ${process.versions.node}, ${platform} ${arch}`
  return [labelled('  report:   ', ask, width), `  version:  ${where}`, ...indent(scrub(stackOf(error)))]
}

function stackOf(error: OffbeatError): string {
  const thrown = error.cause instanceof Error ? error.cause : error
  const frames = (thrown.stack ?? '')
    .replace(thrown.message, '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
  return frames.slice(0, 8).join('\n')
}

function indent(text: string): readonly string[] {
  return text === '' ? [] : text.split('\n').map((line) => `    ${line.trim()}`)
}

/** What `--json` prints on standard error, as one line. */
export function errorDocument(error: OffbeatError, version: string): JsonObject {
  return { version: 1, error: { ...errorFields(error), ...(error.kind === 'defect' ? { offbeat: version } : {}) } }
}

/** An error as fields of a log line or of a document. */
export function errorFields(error: OffbeatError): JsonObject {
  return {
    code: error.code,
    kind: error.kind,
    message: scrub(error.message),
    found: error.found === null ? null : scrub(error.found),
    expected: error.expected === null ? null : scrub(error.expected),
    fix:
      error.fix.length > 0 || error.kind === 'defect'
        ? error.fix.map((fix) => fixDocument(fix, scrub))
        : [fixDocument(forPerson(error.entry.cure))],
    details: error.details,
    ...(error.loss === null ? {} : { lost: lossDocument(error.loss) }),
    ...(error.kind === 'defect' ? { stack: scrub(stackOf(error)) } : {}),
  }
}

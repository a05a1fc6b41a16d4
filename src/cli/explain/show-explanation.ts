import { OffbeatError } from '../../model/error.ts'
import { ERROR_AREAS, errorKindInWords } from '../../model/error-area.ts'
import { ERROR_TABLE, type ErrorCode } from '../../model/error-code.ts'
import type { ErrorEntry } from '../../model/error-entry.ts'
import { inShell } from '../../model/fix.ts'
import { nearest } from '../../model/nearest.ts'
import type { Style } from '../../model/style.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { exitCodeOf } from '../program/exit-code.ts'
import { usageError } from '../program/usage-error.ts'
import { styleFor } from '../terminal/style.ts'
import { labelled } from '../terminal/text-layout.ts'

const PAGE = 'docs/errors.md'
const SHORTEST_PART = 3
const MOST_MEANT = 5

export async function showExplanation(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { stdout } = context
  const style = styleFor(input.common.color)
  const width = Math.min(stdout.columns, 100)
  const word = input.words[0]
  if (word === undefined) {
    stdout.write(
      input.common.json ? `${JSON.stringify({ version: 1, codes: allDocuments() })}\n` : listText(style, width),
    )
    return 0
  }
  const code = codeNamed(word)
  stdout.write(
    input.common.json ? `${JSON.stringify({ version: 1, ...documentOf(code) })}\n` : textOf(code, style, width),
  )
  return 0
}

/** Accepts any case, and blanks or hyphens in place of underscores, because people retype codes from a screen. */
function codeNamed(word: string): ErrorCode {
  const wanted = word
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/gu, '_')
  if (isCode(wanted)) return wanted
  const [meant, ...others] = meantBy(wanted)
  const also = others.length === 0 ? '' : `, ${others.join(', ')}`
  throw usageError(`${word} is not an error code.`, {
    ...(meant === undefined ? {} : { expected: `did you mean ${meant}${also}?` }),
    fix: [
      meant === undefined
        ? inShell('offbeat explain', { note: 'lists all codes' })
        : inShell(`offbeat explain ${meant}`),
    ],
  })
}

/** The code that differs in a few letters, or else the codes that contain the word. */
function meantBy(wanted: string): readonly string[] {
  const codes = Object.keys(ERROR_TABLE)
  const meant = nearest(wanted, codes)
  if (meant !== null) return [meant]
  return wanted.length < SHORTEST_PART ? [] : codes.filter((code) => code.includes(wanted)).slice(0, MOST_MEANT)
}

function isCode(word: string): word is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, word)
}

function documentOf(code: ErrorCode) {
  const { kind, summary, cure, retry }: ErrorEntry = ERROR_TABLE[code]
  return { code, kind, summary, cure, retry, exitCode: exitCodeOfCode(code), documentation: documentationOf(code) }
}

function allDocuments() {
  return codesByArea().flatMap(([, codes]) => codes.map(documentOf))
}

function textOf(code: ErrorCode, style: Style, width: number): string {
  const { kind, summary, cure, retry }: ErrorEntry = ERROR_TABLE[code]
  const exit = exitCodeOfCode(code)
  const lines = [
    style.bold(code),
    labelled('  meaning  ', summary, width),
    labelled('  do       ', cure, width),
    labelled('  kind     ', errorKindInWords(kind), width),
    labelled('  retried  ', retriedInWords(kind, retry), width),
    ...(exit === null ? [] : [labelled('  exit     ', `code ${exit} of a command that ends with it`, width)]),
    labelled('  docs     ', documentationOf(code), width),
  ]
  return `${lines.join('\n')}\n`
}

function retriedInWords(kind: ErrorEntry['kind'], retry: boolean): string {
  if (retry) return 'yes, a running connector retries it automatically'
  return kind === 'notice' ? 'there is nothing to retry' : 'no, it stops the connector or the command'
}

function listText(style: Style, width: number): string {
  const areas = codesByArea().map(([title, codes]) => {
    const longest = Math.max(...codes.map((code) => code.length))
    const rows = codes.map((code) => labelled(`  ${code.padEnd(longest)}  `, ERROR_TABLE[code].summary, width))
    return [style.bold(title), ...rows].join('\n')
  })
  return `${areas.join('\n\n')}\n\nOne code: offbeat explain CODE\n`
}

function codesByArea(): readonly (readonly [string, readonly ErrorCode[]])[] {
  return ERROR_AREAS.map(([title, table]) => [
    title,
    Object.keys(table)
      .filter(isCode)
      .toSorted((a, b) => a.localeCompare(b, 'en')),
  ])
}

/** The path is the same in the clone and in the installed package. */
function documentationOf(code: ErrorCode): string {
  return `${PAGE}#${code.toLowerCase()}`
}

/** null: a notice does not end a command. */
function exitCodeOfCode(code: ErrorCode): ExitCode | null {
  const error = new OffbeatError(code, { message: '' })
  return error.kind === 'notice' ? null : exitCodeOf(error)
}

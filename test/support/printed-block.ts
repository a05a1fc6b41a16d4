import { describeExamination } from '../../src/cli/doctor/doctor-text.ts'
import { describeError } from '../../src/cli/terminal/error-report.ts'
import { styleFor } from '../../src/cli/terminal/style.ts'
import { TABLE_WORDS } from '../../src/model/data-words.ts'
import type { OffbeatError } from '../../src/model/error.ts'
import type { CheckFinding } from '../../src/sources/check.ts'
import type { ScriptForm } from '../../src/sources/script-form.ts'

/** The text that a user copies from the screen after one `run:` or the name of a client, exactly as printed. */
export interface PrintedBlock {
  readonly text: string
  /** The check whose output contains the block. */
  readonly check: string
  /** The database that the comment names for the block. null: it runs in a shell. */
  readonly database: string | null
  /** The text of the `or:` above it, or of the second or a later choice. null: it is the first alternative. */
  readonly alternative: string | null
}

/** The labels of what is copied: to a shell, or to a client. */
const PASTED = ['run', 'psql', 'mysql', 'mariadb', 'mongosh']

const SCREEN_WIDTHS = [80, 100, 200]

/** The blocks of a finding, as the doctor prints it. */
export function blocksOf(finding: CheckFinding, script: ScriptForm): readonly PrintedBlock[] {
  const examination = { name: 'shop', kind: 'database', findings: [finding], error: null }
  return blocksAtAnyWidth((width) =>
    describeExamination(examination, { width, style: styleFor(false), script, words: TABLE_WORDS }),
  )
}

/** The blocks of an error, as a command prints it. */
export function blocksOfError(error: OffbeatError, script: ScriptForm): readonly PrintedBlock[] {
  const about = { style: styleFor(false), version: '9.9.9', timeZone: 'UTC', script }
  return blocksAtAnyWidth((width) => describeError(error, { ...about, width }))
}

/** Checks that the SQL is the same at every screen width. */
function blocksAtAnyWidth(screenOf: (width: number) => string): readonly PrintedBlock[] {
  const screens = SCREEN_WIDTHS.map(screenOf)
  const cut = screens.map(cutBlocks)
  for (const blocks of cut) {
    if (JSON.stringify(blocks.map(statements)) !== JSON.stringify((cut[0] ?? []).map(statements)))
      throw new Error(`the screen's width changes what is run:\n${screens.join('\n')}`)
  }
  return cut[0] ?? []
}

const statements = (block: PrintedBlock) => statementsOf(block.text)

/** The lines without those that are only a comment. */
export function statementsOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => !/^(--|#) /.test(line))
}

/** All blocks in the screen output of the doctor or of an error. */
export function cutBlocks(screen: string): readonly PrintedBlock[] {
  const blocks: PrintedBlock[] = []
  let alternative: string | null = null
  let check = ''
  for (const item of itemsOf(screen)) {
    if (item.check !== check) alternative = null
    check = item.check
    if (item.label === 'or' || /^choice (?!1$)/.test(item.label)) alternative = item.lines.join(' ')
    if (!PASTED.includes(item.label)) continue
    blocks.push({ text: item.lines.join('\n'), check, alternative, database: databaseOf(item.lines) })
  }
  return blocks
}

/** The text after a label, including the lines below it that are indented to the same column. */
interface ScreenItem {
  readonly check: string
  readonly label: string
  readonly lines: string[]
}

function itemsOf(screen: string): readonly ScreenItem[] {
  const items: ScreenItem[] = []
  let check = ''
  let indent: string | null = null
  for (const line of screen.split('\n')) {
    check = /^ {2}\S+ +.*\((\S+)\)$/.exec(line)?.[1] ?? check
    const [, lead, label, rest] = /^((?: {8}| {2})([a-z]+(?: \d+)?): *)(.*)$/.exec(line) ?? []
    if (lead !== undefined && label !== undefined) {
      items.push({ check, label, lines: [rest ?? ''] })
      indent = ' '.repeat(lead.length)
    } else if (indent !== null && line.startsWith(indent)) items.at(-1)?.lines.push(line.slice(indent.length))
    else indent = null
  }
  return items
}

function databaseOf(lines: readonly string[]): string | null {
  const head = lines.findIndex((line) => !line.startsWith('-- '))
  const comment = lines
    .slice(0, head)
    .map((line) => line.slice(3))
    .join(' ')
  return /^in the database (.+?), by /.exec(comment)?.[1] ?? null
}

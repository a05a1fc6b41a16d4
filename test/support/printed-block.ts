import { describeExamination } from '../../src/cli/doctor-text.ts'
import { styleFor } from '../../src/cli/style.ts'
import type { CheckFinding } from '../../src/sources/check.ts'

/** What a person cuts out of a screen after one `run:`, as it stands there. */
export interface PrintedBlock {
  readonly text: string
  /** The check in whose lines it stands. */
  readonly check: string
  /** Where the comment says that it is run; null: in a shell. */
  readonly database: string | null
  /** It stands after an `or:`, or after the second of the choices. */
  readonly isAlternative: boolean
}

const SCREEN_WIDTHS = [80, 100, 200]

/** The blocks of a finding as the doctor lays it out; the same SQL, however wide the screen is. */
export function blocksOf(finding: CheckFinding): readonly PrintedBlock[] {
  const screens = SCREEN_WIDTHS.map((width) =>
    describeExamination(
      { name: 'shop', kind: 'postgresql', findings: [finding], error: null },
      { width, style: styleFor(false) },
    ),
  )
  const cut = screens.map(cutBlocks)
  for (const blocks of cut) {
    if (JSON.stringify(blocks.map(statements)) !== JSON.stringify((cut[0] ?? []).map(statements)))
      throw new Error(`the screen's width changes what is run:\n${screens.join('\n')}`)
  }
  return cut[0] ?? []
}

const statements = (block: PrintedBlock) => statementsOf(block.text)

/** Without the comments of their own lines. */
export function statementsOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => !/^(--|#) /.test(line))
}

/** All blocks of the doctor's screen. */
export function cutBlocks(screen: string): readonly PrintedBlock[] {
  const blocks: { lines: string[]; check: string; isAlternative: boolean }[] = []
  let check = ''
  let alternatives = 0
  let indent: number | null = null
  for (const line of screen.split('\n')) {
    const [, lead, label, rest = ''] = /^( {8}([a-z]+(?: \d+)?): *)(.*)$/.exec(line) ?? []
    const heading = /^ {2}\S+ +.*\((\S+)\)$/.exec(line)
    if (heading !== null) {
      check = heading[1] ?? ''
      alternatives = 0
    }
    if (label === 'or' || label?.startsWith('choice') === true) alternatives++
    if (label === 'run' && lead !== undefined) {
      const isAlternative = alternatives > (screen.includes('choice 1:') ? 1 : 0)
      blocks.push({ lines: [rest], check, isAlternative })
      indent = lead.length
    } else if (indent !== null && line.startsWith(' '.repeat(indent))) blocks.at(-1)?.lines.push(line.slice(indent))
    else indent = null
  }
  return blocks.map(({ lines, ...about }) => ({ ...about, text: lines.join('\n'), database: databaseOf(lines) }))
}

function databaseOf(lines: readonly string[]): string | null {
  const head = lines.findIndex((line) => !line.startsWith('-- '))
  const comment = lines
    .slice(0, head)
    .map((line) => line.slice(3))
    .join(' ')
  return /^in the database (.+?), by /.exec(comment)?.[1] ?? null
}

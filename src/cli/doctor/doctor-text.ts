import type { Examination } from '../../doctor/examination.ts'
import type { AutomaticFix, FixPlan, ManualFix } from '../../doctor/fix-plan.ts'
import type { DataWords } from '../../model/data-words.ts'
import { ERROR_TABLE } from '../../model/error-code.ts'
import type { Fix } from '../../model/fix.ts'
import type { Style } from '../../model/style.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { CheckFinding, CheckFix, CheckStatus } from '../../sources/check.ts'
import { type FixLayout, fixLines, inDatabaseBy, pastedFix } from '../terminal/fix-text.ts'
import { scrub } from '../terminal/scrub.ts'
import { labelled } from '../terminal/text-layout.ts'

type Layout = Pick<FixLayout, 'width' | 'style' | 'script'>

interface ExaminationLayout extends Layout {
  readonly words: DataWords
}

function titleOf(symptom: CheckFinding['symptom'], { table, row }: DataWords): string {
  switch (symptom) {
    case null:
      return 'The server'
    case 1:
      return `1. The heartbeat ${table} is found`
    case 2:
      return '2. Permissions are in place'
    case 3:
      return `3. The ${row} changes`
    case 4:
      return '4. The connector sees what changes'
    case 5:
      return '5. The offset stays fresh'
    default:
      return unreachable(symptom)
  }
}

/** Text for a terminal, grouped by symptom. A check that passed takes one line. */
export function describeExamination(examination: Examination, layout: ExaminationLayout): string {
  const { name, kind, findings } = examination
  const head = `${layout.style.bold(name)}  ${kind}: ${countsInWords(findings)}`
  const groups = [null, 1, 2, 3, 4, 5] as const
  const blocks = groups.flatMap((symptom) => {
    const own = findings.filter((finding) => finding.symptom === symptom)
    if (own.length === 0) return []
    return [
      [
        layout.style.bold(titleOf(symptom, layout.words)),
        ...own.flatMap((finding) => findingLines(finding, layout)),
      ].join('\n'),
    ]
  })
  return `${[head, ...blocks].join('\n\n')}\n`
}

function countsInWords(findings: readonly CheckFinding[]): string {
  const count = (status: CheckStatus) => findings.filter((finding) => finding.status === status).length
  const parts = [
    [count('ok'), 'ok'],
    [count('fail'), 'failed'],
    [count('warn'), count('warn') === 1 ? 'warning' : 'warnings'],
    [count('skip'), 'not checked'],
  ] as const
  const words = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`)
  return words.join(', ')
}

function findingLines(finding: CheckFinding, layout: Layout): readonly string[] {
  const { status, id, found, expected, code, fix, title } = finding
  const { width, style } = layout
  if (status === 'ok') return [labelled(`  ${style.green('ok')}    `, `${title}: ${scrub(found)}`, width)]
  const lines = [
    `  ${paint(status, style)}  ${title}  ${style.dim(`(${id})`)}`,
    labelled('        found:    ', scrub(found), width),
    labelled(status === 'skip' ? '        needs:    ' : '        expected: ', scrub(expected), width),
    ...checkFixLines(fix, code !== null && ERROR_TABLE[code].kind === 'lost position', layout),
  ]
  return code === null ? lines : [...lines, style.dim(`        code:     ${code}`)]
}

function paint(status: CheckStatus, style: Style): string {
  const colour = { ok: style.green, warn: style.yellow, fail: style.red, skip: style.cyan }[status]
  return colour(status)
}

/** Each block starts with where to run it and as whom. With `areChoices`, the user runs one of the blocks, not all. */
function checkFixLines(fixes: readonly CheckFix[], areChoices: boolean, layout: Layout): readonly string[] {
  let choices = 0
  const lead = (label: string) => `        ${`${label}:`.padEnd(10)}`
  const choice = areChoices ? { label: () => `choice ${++choices}` } : {}
  return fixLines(fixes, { ...layout, lead, where: targetOf, ...choice })
}

function targetOf(fix: Fix): string {
  if (fix.in === 'database') return fix.at === null ? `by ${fix.by}` : inDatabaseBy(fix.at, fix.by)
  return fix.in === 'shell' && fix.by !== undefined ? `in a shell, by ${fix.by}` : 'in a shell'
}

/** What `--fix` is about to run, and what it leaves to the user, with the reason. */
export function describePlan(source: string, plan: FixPlan, layout: Layout): string {
  const run = plan.run.flatMap((fix) => plannedLines(fix, layout))
  const left = plan.manual
    .filter((fix) => fix.in === 'database' || fix.in === 'shell')
    .flatMap((fix) => [
      ...plannedLines(fix, layout),
      layout.style.dim(labelled('      not run: ', fix.manualBecause ?? '', layout.width)),
    ])
  const blocks = [
    ...(run.length === 0 ? [] : [`${source}: to be run`, ...run]),
    ...(left.length === 0 ? [] : [`${source}: to be run by hand`, ...left]),
  ]
  return blocks.length === 0 ? '' : `${blocks.join('\n')}\n`
}

function plannedLines(fix: AutomaticFix | ManualFix, { style, script }: Layout): readonly string[] {
  const at = fix.in === 'database' && fix.at !== null ? ` in ${fix.at}` : ''
  const client = fix.in === 'database' ? `, for ${script.client}` : ''
  return [
    style.dim(`  ${fix.check}${at}${client}`),
    ...pastedFix(fix, script)
      .split('\n')
      .map((line) => `    ${style.cyan(line)}`),
  ]
}

import type { StepLook } from '../../setup/setup-look.ts'
import { isOpen, isToBeRun } from '../../setup/setup-look.ts'
import { type OutsideJob, PASSWORD, type SetupPlan, type SetupStep } from '../../sources/setup.ts'
import type { Style } from '../terminal/style.ts'
import { labelled, wrapText } from '../terminal/text-layout.ts'

const WIDTH = 80

/** The plan as a script for the database's own client: comments, and statements to be pasted. */
export function setupScript(plan: SetupPlan, about: readonly string[]): string {
  const blocks = [about.flatMap((line) => comment(line)).join('\n')]
  if (plan.steps.some(({ statements }) => statements.some((one) => one.includes(PASSWORD)))) {
    blocks.push(comment(`Replace ${PASSWORD} with the password before you run it.`).join('\n'))
  }
  let database: string | null = null
  let why: string | null = null
  for (const step of plan.steps) {
    const lines = [...(step.why === why ? [] : ['', ...comment(step.why)])]
    if (isStatement(step) && step.database !== database) {
      lines.push(plan.connectLine(step.database))
      database = step.database
    }
    lines.push(...statementLines(step))
    blocks.push(lines.join('\n'))
    why = step.why
  }
  if (plan.notes.length > 0) blocks.push('', plan.notes.flatMap((note) => comment(note)).join('\n'))
  return `${blocks.join('\n')}\n`
}

function comment(text: string): readonly string[] {
  return wrapText(text, WIDTH - 3).map((line) => `-- ${line}`.trimEnd())
}

function isStatement({ by, optional, onlyWhere }: SetupStep): boolean {
  return by === 'setup' && optional !== true && onlyWhere === undefined
}

function statementLines(step: SetupStep): readonly string[] {
  if (isStatement(step)) return step.statements.map((statement) => `${statement};`)
  const only = step.onlyWhere === undefined ? [] : comment(`Only where ${step.onlyWhere}:`)
  return [...only, ...step.statements.flatMap((statement) => actionLines(statement))]
}

/** What is not to be pasted as it is. */
function actionLines(statement: string): readonly string[] {
  if (!statement.startsWith('# ')) return `${statement};`.split('\n').map((line) => `--   ${line}`)
  return wrapText(statement.slice(2), WIDTH - 5).map((line) => `--   ${line}`)
}

/** What applying found and is about to do, before it does anything. */
export function lookText(looks: readonly StepLook[], style: Style, width: number): string {
  const there = looks.filter(({ step, state }) => state === 'there' && step.optional !== true).length
  const open = looks.filter(isOpen)
  const advice = looks.filter(
    ({ step, state }) => step.by === 'operator' && step.optional === true && state !== 'there',
  )
  const missing = looks.filter(isToBeRun)
  const lines = [
    ...(there === 0 ? [] : [`${there} of ${there + open.length + missing.length} steps are done already.`]),
    ...open.flatMap((look) => openLines(look, style, width)),
    ...advice.flatMap((look) => adviceLines(look, style, width)),
    ...(missing.length === 0 ? ['Nothing is left to run.'] : [style.bold('To run, in this order:')]),
    ...missing.flatMap(({ step }, i) => runLines(step, missing[i - 1]?.step.why, style, width)),
  ]
  return `${lines.join('\n')}\n`
}

function openLines({ step, evidence, remedies }: StepLook, style: Style, width: number): readonly string[] {
  const isKnown = step.remedies?.replaces === true && remedies.length > 0
  return [
    style.yellow('Do this yourself:'),
    ...indented(step.why, width),
    ...evidence.map((one) => labelled('  found: ', one, width)),
    ...[...(isKnown ? [] : step.statements), ...remedies].map((statement) => todoLine(statement, width)),
  ]
}

function adviceLines({ step }: StepLook, style: Style, width: number): readonly string[] {
  return [
    style.bold('Recommended:'),
    ...indented(step.why, width),
    ...step.statements.map((statement) => todoLine(statement, width)),
  ]
}

function indented(text: string, width: number): readonly string[] {
  return wrapText(text, width - 2).map((line) => `  ${line}`)
}

function todoLine(statement: string, width: number): string {
  return statement.startsWith('# ') ? labelled('  do: ', statement.slice(2), width) : `  run: ${statement};`
}

function runLines(step: SetupStep, whyBefore: string | undefined, style: Style, width: number): readonly string[] {
  const only = step.onlyWhere === undefined ? '' : ` (only where ${step.onlyWhere})`
  return [
    ...(step.why === whyBefore ? [] : indented(step.why, width)),
    ...(only === '' ? [] : indented(only.trim(), width)),
    ...step.statements.flatMap((statement) => `${statement};`.split('\n').map((line) => `    ${style.cyan(line)}`)),
  ]
}

/** `%` ends a command in a crontab unless it is escaped. */
export function crontabText(job: OutsideJob, source: string): string {
  const words = [
    `# Offbeat: the source heartbeat of ${source}, written by a job outside the database, on the primary.`,
    `# ${job.comment}`,
    `${job.schedule} ${job.command.replaceAll('%', '\\%')}`,
    '# or, with a configuration whose url leads to the primary and whose mode is table:',
    `# ${job.schedule} offbeat beat ${source} --quiet --config /etc/offbeat/primary.yaml`,
  ]
  return `${words.join('\n')}\n`
}

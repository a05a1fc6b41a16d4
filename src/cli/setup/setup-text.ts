import type { StepLook } from '../../setup/setup-look.ts'
import { isOpen, isToBeRun } from '../../setup/setup-look.ts'
import type { ScriptForm, SetupPlan, SetupStep } from '../../sources/setup.ts'
import type { Style } from '../terminal/style.ts'
import { labelled, wrapText } from '../terminal/text-layout.ts'

const WIDTH = 80

/** The plan as a script for the database's own client: comments, and statements to be pasted. */
export function setupScript(plan: SetupPlan, form: ScriptForm, about: readonly string[]): string {
  const comment = (text: string) => commentLines(text, form)
  const blocks = [about.flatMap(comment).join('\n')]
  for (const { placeholder } of plan.steps) {
    if (placeholder === undefined) continue
    blocks.push(comment(`Replace ${placeholder} with the password before you run it.`).join('\n'))
  }
  let database: string | null = null
  let why: string | null = null
  for (const step of plan.steps) {
    const lines = [...(step.why === why ? [] : ['', ...comment(step.why)])]
    if (isStatement(step) && step.database !== database) {
      lines.push(form.enter(step.database))
      database = step.database
    }
    lines.push(...statementLines(step, form))
    blocks.push(lines.join('\n'))
    why = step.why
  }
  if (plan.notes.length > 0) blocks.push('', plan.notes.flatMap(comment).join('\n'))
  return `${blocks.join('\n')}\n`
}

function commentLines(text: string, { comment }: ScriptForm): readonly string[] {
  return wrapText(text, WIDTH - comment.length).map((line) => `${comment}${line}`.trimEnd())
}

function isStatement({ by, optional, onlyWhere }: SetupStep): boolean {
  return by === 'setup' && optional !== true && onlyWhere === undefined
}

function statementLines(step: SetupStep, form: ScriptForm): readonly string[] {
  if (isStatement(step)) return step.statements.map((statement) => form.statement(statement))
  const only = step.onlyWhere === undefined ? [] : commentLines(`Only where ${step.onlyWhere}:`, form)
  return [...only, ...step.statements.flatMap((statement) => actionLines(statement, form))]
}

/** What is not to be pasted as it is. */
function actionLines(statement: string, form: ScriptForm): readonly string[] {
  const mark = `${form.comment}  `
  if (!statement.startsWith('# '))
    return form
      .statement(statement)
      .split('\n')
      .map((line) => `${mark}${line}`)
  return wrapText(statement.slice(2), WIDTH - mark.length).map((line) => `${mark}${line}`)
}

/** What applying found and is about to do, before it does anything. */
export function lookText(looks: readonly StepLook[], form: ScriptForm, style: Style, width: number): string {
  const there = looks.filter(({ step, state }) => state === 'there' && step.optional !== true).length
  const open = looks.filter(isOpen)
  const advice = looks.filter(
    ({ step, state }) => step.by === 'operator' && step.optional === true && state !== 'there',
  )
  const missing = looks.filter(isToBeRun)
  const lines = [
    ...(there === 0 ? [] : [`${there} of ${there + open.length + missing.length} steps are done already.`]),
    ...open.flatMap((look) => openLines(look, form, style, width)),
    ...advice.flatMap((look) => adviceLines(look, form, style, width)),
    ...(missing.length === 0 ? ['Nothing is left to run.'] : [style.bold('To run, in this order:')]),
    ...missing.flatMap(({ step }, i) => runLines(step, missing[i - 1]?.step.why, form, style, width)),
  ]
  return `${lines.join('\n')}\n`
}

function openLines(look: StepLook, form: ScriptForm, style: Style, width: number): readonly string[] {
  const { step, found, remedies, isComplete } = look
  return [
    style.yellow('Do this yourself:'),
    ...indented(step.why, width),
    ...found.map((one) => labelled('  found: ', one, width)),
    ...[...(isComplete ? [] : step.statements), ...remedies].map((statement) => todoLine(statement, form, width)),
  ]
}

function adviceLines({ step }: StepLook, form: ScriptForm, style: Style, width: number): readonly string[] {
  return [
    style.bold('Recommended:'),
    ...indented(step.why, width),
    ...step.statements.map((statement) => todoLine(statement, form, width)),
  ]
}

function indented(text: string, width: number): readonly string[] {
  return wrapText(text, width - 2).map((line) => `  ${line}`)
}

function todoLine(statement: string, form: ScriptForm, width: number): string {
  return statement.startsWith('# ')
    ? labelled('  do: ', statement.slice(2), width)
    : `  run: ${form.statement(statement)}`
}

function runLines(
  step: SetupStep,
  whyBefore: string | undefined,
  form: ScriptForm,
  style: Style,
  width: number,
): readonly string[] {
  const only = step.onlyWhere === undefined ? '' : ` (only where ${step.onlyWhere})`
  return [
    ...(step.why === whyBefore ? [] : indented(step.why, width)),
    ...(only === '' ? [] : indented(only.trim(), width)),
    ...step.statements
      .flatMap((statement) => form.statement(statement).split('\n'))
      .map((line) => `    ${style.cyan(line)}`),
  ]
}

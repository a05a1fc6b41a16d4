import type { Fix, StatementFix, WordsFix } from '../../model/fix.ts'
import type { Style } from '../../model/style.ts'
import type { StepCheck } from '../../setup/setup-check.ts'
import { isOpen, isToBeRun } from '../../setup/setup-check.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import type { SetupPlan, SetupStep } from '../../sources/setup.ts'
import { fixLabel } from '../terminal/fix-text.ts'
import { labelled, wrapText } from '../terminal/text-layout.ts'

const WIDTH = 80

const NOT_OURS = 'setup itself has nothing to run: what is missing is for you to do.'

/** The plan as a script for the database's own client: comments, and statements to paste. */
export function setupScript(plan: SetupPlan, form: ScriptForm, about: readonly string[]): string {
  const comment = (text: string) => commentLines(text, form)
  const blocks = [about.flatMap(comment).join('\n')]
  for (const { placeholder } of plan.steps) {
    if (placeholder === undefined) continue
    blocks.push(comment(`Replace ${placeholder} with the password before you run it.`).join('\n'))
  }
  const script = new ScriptLines(form)
  let why: string | null = null
  for (const step of plan.steps) {
    const lines = [...(step.why === why ? [] : ['', ...comment(step.why)]), ...script.of(step)]
    blocks.push(lines.join('\n'))
    why = step.why
  }
  if (plan.notes.length > 0) blocks.push('', plan.notes.flatMap(comment).join('\n'))
  return `${blocks.join('\n')}\n`
}

function commentLines(text: string, { comment }: ScriptForm): readonly string[] {
  return wrapText(text, WIDTH - comment.length).map((line) => `${comment}${line}`.trimEnd())
}

/** The lines of consecutive steps. Switches to each statement's database. */
class ScriptLines {
  readonly #form: ScriptForm
  #at: string | null = null

  constructor(form: ScriptForm) {
    this.#form = form
  }

  of({ fix, by, optional, onlyWhere }: SetupStep): readonly string[] {
    if (by === 'setup' && optional !== true && onlyWhere === undefined) return fix.flatMap((each) => this.pasted(each))
    const only = onlyWhere === undefined ? [] : this.#comment(`Only where ${onlyWhere}:`)
    return [...only, ...fix.flatMap((each) => this.#actions(each))]
  }

  /** The statement, after the command that switches to its database if the statement before was in another one. */
  pasted(fix: Fix): readonly string[] {
    if (fix.in !== 'database') return this.#actions(fix)
    const enters = this.#enters(fix)
    this.#at = fix.at ?? this.#at
    return [...enters, this.#form.statement(fix.text, fix.note)]
  }

  #enters({ at }: StatementFix): readonly string[] {
    return at !== null && at !== this.#at ? [this.#form.enter(at)] : []
  }

  /** As comments: actions that must not be pasted unchanged. */
  #actions(fix: Fix): readonly string[] {
    const mark = `${this.#form.comment}  `
    if (isWords(fix)) return wrapText(fix.text, WIDTH - mark.length).map((line) => `${mark}${line}`)
    const enters = fix.in === 'database' ? this.#enters(fix) : []
    // Someone may run this action from here, so the next statement switches to its own database again.
    if (enters.length > 0) this.#at = null
    const text = fix.in === 'database' ? this.#form.statement(fix.text, fix.note) : fix.text
    return [...enters, text].flatMap((each) => each.split('\n')).map((line) => `${mark}${line}`)
  }

  #comment(text: string): readonly string[] {
    return commentLines(text, this.#form)
  }
}

function isWords(fix: Fix): fix is WordsFix {
  return fix.in !== 'database' && fix.in !== 'shell'
}

/** What the check found and what will be run, printed before anything is changed. */
export function checkedText(checks: readonly StepCheck[], form: ScriptForm, style: Style, width: number): string {
  const there = checks.filter(({ step, state }) => state === 'there' && step.optional !== true).length
  const open = checks.filter(isOpen)
  const advice = checks.filter(
    ({ step, state }) => step.by === 'operator' && step.optional === true && state !== 'there',
  )
  const missing = checks.filter(isToBeRun)
  const script = new ScriptLines(form)
  const lines = [
    ...(there === 0 ? [] : [`${there} of ${there + open.length + missing.length} steps are done already.`]),
    ...open.flatMap((check) => openLines(check, form, style, width)),
    ...advice.flatMap((check) => adviceLines(check, form, style, width)),
    ...(missing.length === 0
      ? [open.length === 0 ? 'Nothing is left to run.' : NOT_OURS]
      : [style.bold('To run, in this order:')]),
    ...missing.flatMap(({ step }, i) => runLines(step, missing[i - 1]?.step.why, script, style, width)),
  ]
  return `${lines.join('\n')}\n`
}

function openLines(check: StepCheck, form: ScriptForm, style: Style, width: number): readonly string[] {
  const { step, found, remedies } = check
  return [
    style.yellow('Do this yourself:'),
    ...indented(step.why, width),
    ...found.map((one) => labelled('  found: ', one, width)),
    ...[...(remedies.areComplete ? [] : step.fix), ...remedies.fixes].flatMap((fix) => todoLines(fix, form, width)),
  ]
}

function adviceLines({ step, found }: StepCheck, form: ScriptForm, style: Style, width: number): readonly string[] {
  return [
    style.bold('Recommended:'),
    ...indented(step.why, width),
    ...found.map((one) => labelled('  found: ', one, width)),
    ...step.fix.flatMap((fix) => todoLines(fix, form, width)),
  ]
}

function indented(text: string, width: number): readonly string[] {
  return wrapText(text, width - 2).map((line) => `  ${line}`)
}

/** Each fix is run by itself, so each one switches to its database. */
function todoLines(fix: Fix, form: ScriptForm, width: number): readonly string[] {
  if (isWords(fix)) return [labelled('  do: ', fix.text, width)]
  const texts = fix.in === 'database' ? new ScriptLines(form).pasted(fix) : [fix.text]
  const lines = texts.flatMap((text) => text.split('\n'))
  const lead = `  ${fixLabel(fix, form)}: `
  return lines.map((line, i) => `${i === 0 ? lead : ' '.repeat(lead.length)}${line}`)
}

function runLines(
  step: SetupStep,
  whyBefore: string | undefined,
  script: ScriptLines,
  style: Style,
  width: number,
): readonly string[] {
  const only = step.onlyWhere === undefined ? '' : ` (only where ${step.onlyWhere})`
  return [
    ...(step.why === whyBefore ? [] : indented(step.why, width)),
    ...(only === '' ? [] : indented(only.trim(), width)),
    ...step.fix
      .flatMap((fix) => script.pasted(fix))
      .flatMap((text) => text.split('\n'))
      .map((line) => `    ${style.cyan(line)}`),
  ]
}

import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { Fix } from '../../model/fix.ts'
import type { Choice, Loss, Missing } from '../../model/loss.ts'
import type { Style } from '../../model/style.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import { fixLabel, pastedFix } from './fix-text.ts'
import { localTimes } from './local-time.ts'
import { scrub } from './scrub.ts'
import { labelled } from './text-layout.ts'

interface LossLayout {
  readonly style: Style
  /** The form of the source whose position is lost. */
  readonly script: ScriptForm
  readonly width: number
  /** Used to say how long ago it was. null: print only the date and time. */
  readonly nowMs: number | null
  readonly timeZone: string
}

/** Describes a lost position: the evidence, what is missing, and the choices. Lines to run are not wrapped, so that they can be copied. */
export function lossLines(loss: Loss, layout: LossLayout): readonly string[] {
  const { style, width } = layout
  const heading = (text: string) => style.bold(text)
  const columns = Math.max(...loss.evidence.map(({ name }) => name.length))
  return [
    heading('Evidence'),
    ...loss.evidence.map(({ name, value }) => labelled(`  ${name.padEnd(columns)}  `, scrub(value), width)),
    heading('What is missing'),
    ...missingLines(loss.missing, layout),
    heading(loss.choices.length === 1 ? 'What you can do' : 'What you can do: one of these'),
    ...loss.choices.flatMap((choice, index) => choiceLines(choice, index + 1, layout)),
  ]
}

function missingLines(
  { words, fromShort, until, sinceMs, bytes }: Missing,
  { width, nowMs, timeZone }: LossLayout,
): readonly string[] {
  const age = nowMs === null || sinceMs === null ? '' : ` (${timeInWords(Math.max(0, nowMs - sinceMs))} ago)`
  const since =
    sinceMs === null
      ? 'a time that is not known: an operator set the offset'
      : `${localTimes(timeZone)(sinceMs, nowMs ?? 0)}${age}`
  const size = bytes === null ? 'how much is not known' : sizeInWords(bytes)
  const range =
    until === null
      ? `${size}${bytes === null ? '' : ' so far'}, from ${fromShort} on`
      : `${size}, from ${fromShort} to ${until}`
  return [labelled('  ', words, width), labelled('  since  ', since, width), labelled('  log    ', range, width)]
}

function sizeInWords(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${bytesInWords(bytes)} (${bytes} bytes)`
}

function choiceLines(
  { what, cost, run }: Choice,
  number: number,
  { style, width, script }: LossLayout,
): readonly string[] {
  return [
    labelled(`  ${number}. `, scrub(what), width),
    labelled('     cost: ', scrub(cost), width),
    ...runLines(run, { style, script }),
  ]
}

/** Aligns the labels in one column. */
function runLines(run: readonly Fix[], { style, script }: Pick<LossLayout, 'style' | 'script'>): readonly string[] {
  const labels = run.map((fix) => `${fixLabel(fix, script)}:`)
  const column = Math.max(5, ...labels.map((each) => each.length))
  return run.flatMap((fix, index) =>
    pastedFix(fix, script)
      .split('\n')
      .map((line, at) => `     ${(at === 0 ? (labels[index] ?? '') : '').padEnd(column)} ${style.cyan(line)}`),
  )
}

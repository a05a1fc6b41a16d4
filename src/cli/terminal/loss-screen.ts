import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { Fix } from '../../model/fix.ts'
import type { Choice, Loss, Missing } from '../../model/loss.ts'
import { unreachable } from '../../model/unreachable.ts'
import { pastedFix } from './fix-text.ts'
import { localTimes } from './local-time.ts'
import { scrub } from './scrub.ts'
import type { Style } from './style.ts'
import { labelled } from './text-layout.ts'

interface Manner {
  readonly style: Style
  readonly width: number
  /** To say how long ago it was; null: the time with its date alone. */
  readonly nowMs: number | null
  readonly timeZone: string
}

/** Of a lost position: what it is known by, what is missing, and the choices. Lines to run stand unbroken, to be copied. */
export function lossLines(loss: Loss, manner: Manner): readonly string[] {
  const { style, width } = manner
  const heading = (text: string) => style.bold(text)
  const columns = Math.max(...loss.evidence.map(({ name }) => name.length))
  return [
    heading('Evidence'),
    ...loss.evidence.map(({ name, value }) => labelled(`  ${name.padEnd(columns)}  `, scrub(value), width)),
    heading('What is missing'),
    ...missingLines(loss.missing, manner),
    heading(loss.choices.length === 1 ? 'What you can do' : 'What you can do: one of these'),
    ...loss.choices.flatMap((choice, index) => choiceLines(choice, index + 1, manner)),
  ]
}

function missingLines(
  { words, from, until, sinceMs, bytes }: Missing,
  { width, nowMs, timeZone }: Manner,
): readonly string[] {
  const age = nowMs === null ? '' : ` (${timeInWords(Math.max(0, nowMs - sinceMs))} ago)`
  const since = `${localTimes(timeZone)(sinceMs, nowMs ?? 0)}${age}`
  const size = bytes === null ? 'how much is not known' : sizeInWords(bytes)
  const range =
    until === null ? `${size}${bytes === null ? '' : ' so far'}, from ${from} on` : `${size}, from ${from} to ${until}`
  return [labelled('  ', words, width), labelled('  since  ', since, width), labelled('  log    ', range, width)]
}

function sizeInWords(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${bytesInWords(bytes)} (${bytes} bytes)`
}

function choiceLines({ what, cost, run }: Choice, number: number, { style, width }: Manner): readonly string[] {
  return [
    labelled(`  ${number}. `, scrub(what), width),
    labelled('     cost: ', scrub(cost), width),
    ...run.map((fix) => `     ${`${label(fix)}:`.padEnd(5)} ${style.cyan(pastedFix(fix))}`),
  ]
}

function label(fix: Fix): string {
  switch (fix.in) {
    case 'shell':
      return 'run'
    case 'database':
      return 'sql'
    case 'file':
      return 'file'
    case 'person':
      return 'do'
    case 'alternative':
      return 'or'
    default:
      return unreachable(fix)
  }
}

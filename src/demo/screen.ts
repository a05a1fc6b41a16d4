import { bytesInWords, timeInWords } from '../model/figures.ts'
import type { Style } from '../model/style.ts'
import { chart } from './chart.ts'
import type { DemoState, NumberedPulse } from './demo-state.ts'
import { hopsOf, minutes } from './hop.ts'
import { paintVerdict } from './paint.ts'
import type { SideState } from './side-state.ts'
import type { Side } from './stage.ts'

export interface Canvas {
  readonly columns: number
  readonly paint: Style
  /** Whether the terminal can show block characters. */
  readonly unicode: boolean
}

const NARROW = 66
const WIDEST = 118
const GAP = 3
const CHART_ROWS = 2
const WHY_ROWS = 2
const BEATS_SHOWN = 3

/** The demo's picture as lines. None is wider than the canvas. */
export function screenLines(state: DemoState, canvas: Canvas): string[] {
  const width = Math.max(20, Math.min(WIDEST, canvas.columns - 2))
  const { paint } = canvas
  const lines = [
    paint.bold(apart(`offbeat demo: ${state.server}, 127.0.0.1:${state.port}`, minutes(state.elapsedMs), width)),
    paint.dim(sized(caption(state), width)),
    '',
    ...surroundings(state, width),
    '',
    ...sides(state, canvas, width),
    '',
    ...beats(state.beats, width, paint),
    footer(state, width, paint),
  ]
  return lines.map((line) => ` ${line}`.trimEnd())
}

function caption({ restartElapsedMs, guarded, unguarded }: DemoState): string {
  if (restartElapsedMs === null) return 'Two readers of one quiet database; a busy database on the same server.'
  const since = `Both were stopped at ${minutes(restartElapsedMs)}`
  const areStopped = guarded.restart === 'stopped' && unguarded.restart === 'stopped'
  return areStopped ? `${since}, and a row was written.` : `${since}, a row was written, and both were started again.`
}

function surroundings(state: DemoState, width: number): string[] {
  const rate = state.busyBytesPerSecond
  const { count, lastAgeMs } = state.rows
  const written = count === 1 ? '1 row written' : `${count} rows, the last`
  const row = lastAgeMs === null ? 'no row yet' : `${written} ${timeInWords(lastAgeMs)} ago, none since`
  const speed = rate === null ? 'starting' : `${bytesInWords(rate)}/s of log`
  return [
    apart(`shop       ${row}`, `log at ${state.head}`, width),
    apart(`busy       ${speed}, not watched`, state.logOnDisk, width),
  ]
}

function sides(state: DemoState, canvas: Canvas, width: number): string[] {
  const narrow = width < NARROW
  const column = narrow ? width : Math.floor((width - GAP) / 2)
  const { beatIntervalMs } = state.pace
  const guarded = sideLines(
    'guarded',
    state,
    canvas,
    column,
    `Offbeat: a heartbeat every ${timeInWords(beatIntervalMs)}`,
  )
  const unguarded = sideLines('unguarded', state, canvas, column, state.words.unguardedReader)
  if (narrow) return [...guarded, '', ...unguarded]
  return guarded.map((line, i) => line + ' '.repeat(GAP) + (unguarded[i] ?? ''))
}

/** Each line is as wide as its column. */
function sideLines(
  name: Side,
  { words, ...state }: DemoState,
  { paint, unicode }: Canvas,
  width: number,
  reader: string,
): string[] {
  const side: SideState = state[name]
  const { verdict } = side
  const size = { width, height: CHART_ROWS, limit: words.chart.limit, unicode }
  const tint = (text: string): string => (verdict === null ? text : paintVerdict(verdict.name, text, paint))
  const [title = '', ...rows] = words.rows(side).map(({ label, value }) => apart(label, value, width))
  return [
    paint.bold(apart(name.toUpperCase(), words.reader[name], width)),
    paint.dim(sized(reader, width)),
    paint.bold(title),
    ...chart(side.chart, size).map(tint),
    ...rows,
    tint(apart('verdict', verdict?.name ?? 'not known yet', width)),
    ...wrap(verdict?.why ?? '', width, WHY_ROWS).map((line) => paint.dim(line)),
  ]
}

function beats(pulses: readonly NumberedPulse[], width: number, paint: Style): string[] {
  const shown = Array.from({ length: BEATS_SHOWN }, (_, i) => pulses[i])
  return [
    paint.dim(sized(beatRow('beat', 'written', ['seen', 'delivered', 'stored', 'acknowledged'], width), width)),
    ...shown.map((beat) => sized(beat === undefined ? '' : beatLine(beat, width), width)),
  ]
}

function beatLine(beat: NumberedPulse, width: number): string {
  const hops = hopsOf(beat.pulse).map(({ afterMs }) => (afterMs === null ? '-' : `+${afterMs} ms`))
  return beatRow(`${beat.number}`, minutes(beat.writtenElapsedMs), hops, width)
}

function beatRow(number: string, written: string, hops: readonly string[], width: number): string {
  const cell = width < NARROW ? 9 : Math.floor((width - 18) / 4)
  return number.padStart(5) + written.padStart(9) + hops.map((hop) => hop.slice(0, cell - 1).padStart(cell)).join('')
}

function footer(state: DemoState, width: number, paint: Style): string {
  if (state.warning !== null) return paint.yellow(sized(state.warning, width))
  const { atRiskMs } = state.pace
  return paint.dim(sized(`Ctrl-C ends it. ${state.words.rules}; at risk under ${timeInWords(atRiskMs)}.`, width))
}

/** Aligns `left` and `right` at the two ends of `width`. */
function apart(left: string, right: string, width: number): string {
  const room = width - right.length - 1
  return room < 1 ? sized(right, width) : `${left.slice(0, room).padEnd(room)} ${right}`
}

function sized(text: string, width: number): string {
  return text.slice(0, width).padEnd(width)
}

/** Exactly `rows` lines of `width`. Dots mark text that was cut off. */
function wrap(text: string, width: number, rows: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  const shown = lines.slice(0, rows)
  if (lines.length > rows)
    shown[rows - 1] = `${(shown[rows - 1] ?? '').slice(0, width - 3).replace(/[ ,:;]+$/u, '')}...`
  return Array.from({ length: rows }, (_, i) => sized(shown[i] ?? '', width))
}

import { parsedFixes } from '../../model/fix.ts'
import type { Style } from '../../model/style.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import { type FixLayout, fixLines } from './fix-text.ts'
import { type LocalTime, localTimes } from './local-time.ts'
import { labelled, wrapText } from './text-layout.ts'

/** Fields of a log line that have a fixed layout. */
const FIXED_FIELDS = new Set(['level', 'time', 'msg', 'source', 'error', 'err', 'found', 'expected', 'fix'])

/** The layout of the lines below a log line. */
type Layout = Pick<FixLayout, 'style' | 'script' | 'width'>

/** Aligns the lines below with the text after the time. */
const INDENT = ' '.repeat(9)

/** Formats log lines for a terminal. The first line of a day includes the date. */
export class LogLines {
  readonly #style: Style
  readonly #time: LocalTime
  readonly #scriptOf: (source: string) => ScriptForm
  #lastMs: number | null = null

  /** `scriptOf` returns the form of the source with this name. */
  constructor(style: Style, timeZone: string, scriptOf: (source: string) => ScriptForm) {
    this.#style = style
    this.#scriptOf = scriptOf
    this.#time = localTimes(timeZone)
  }

  /** Formats one line, which is given as JSON. */
  describe(json: string, width: number): string {
    const line: unknown = JSON.parse(json)
    if (!isRecord(line)) return `${json}\n`
    const { time, source } = line
    const script = this.#scriptOf(typeof source === 'string' ? source : '')
    return describeLine(line, this.#timeOf(time), { style: this.#style, script, width: width - INDENT.length })
  }

  #timeOf(time: unknown): string {
    const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
    if (Number.isNaN(atMs)) return '--:--:--'
    const besideMs = this.#lastMs ?? atMs
    this.#lastMs = atMs
    return this.#time(atMs, besideMs)
  }
}

function describeLine(line: Readonly<Record<string, unknown>>, time: string, layout: Layout): string {
  const { style } = layout
  const rest = Object.entries(line).filter(([name]) => !FIXED_FIELDS.has(name))
  const head = [
    style.dim(time),
    paintLevel(String(line['level']), style),
    ...(typeof line['source'] === 'string' ? [style.bold(line['source'])] : []),
    String(line['msg'] ?? ''),
    ...rest.map(([name, value]) => style.dim(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)),
  ].join(' ')
  const error = [line['error'], line['err']].find(isRecord)
  const faults = [...(error === undefined ? [] : faultLines(error, layout)), ...faultLines(line, layout)]
  return `${[head, ...faults].join('\n')}\n`
}

/** What was found, what was expected and what to do, each on its own line. */
function faultLines(about: Readonly<Record<string, unknown>>, layout: Layout): readonly string[] {
  const { style, width } = layout
  const { message, found, expected, fix, code } = about
  return [
    ...(typeof message === 'string' && about['msg'] === undefined ? wrapText(message, width) : []),
    ...(typeof found === 'string' ? [labelled('found: ', found, width)] : []),
    ...(typeof expected === 'string' ? [labelled('expected: ', expected, width)] : []),
    ...fixLines(parsedFixes(fix), { ...layout, lead: (label) => `${label}: ` }),
    ...(typeof code === 'string' && about['msg'] === undefined ? [style.dim(`code: ${code}`)] : []),
  ].flatMap((text) => text.split('\n').map((line) => `${INDENT}${line}`))
}

function paintLevel(level: string, style: Style): string {
  const padded = level.padEnd(5)
  if (level === 'error') return style.red(padded)
  if (level === 'warn') return style.yellow(padded)
  return level === 'info' ? style.green(padded) : style.dim(padded)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

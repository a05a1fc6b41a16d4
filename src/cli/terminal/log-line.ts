import { fixesOf } from '../../model/fix.ts'
import { fixLines } from './fix-text.ts'
import { type LocalTime, localTimes } from './local-time.ts'
import type { Style } from './style.ts'
import { labelled, wrapText } from './text-layout.ts'

/** Fields of a log line that have a place of their own. */
const PLACED = new Set(['level', 'time', 'msg', 'source', 'error', 'err', 'found', 'expected', 'fix'])

/** Under the time. */
const INDENT = ' '.repeat(9)

/** Describes lines of the log for a person at a terminal. The first line of a day has its date. */
export class LogLines {
  readonly #style: Style
  readonly #time: LocalTime
  #lastMs: number | null = null

  constructor(style: Style, timeZone: string) {
    this.#style = style
    this.#time = localTimes(timeZone)
  }

  /** One line, given as its JSON. */
  describe(json: string, width: number): string {
    const line: unknown = JSON.parse(json)
    return isRecord(line) ? describeLine(line, this.#timeOf(line['time']), this.#style, width) : `${json}\n`
  }

  #timeOf(time: unknown): string {
    const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
    if (Number.isNaN(atMs)) return '--:--:--'
    const besideMs = this.#lastMs ?? atMs
    this.#lastMs = atMs
    return this.#time(atMs, besideMs)
  }
}

function describeLine(line: Readonly<Record<string, unknown>>, time: string, style: Style, width: number): string {
  const rest = Object.entries(line).filter(([name]) => !PLACED.has(name))
  const head = [
    style.dim(time),
    paintLevel(String(line['level']), style),
    ...(typeof line['source'] === 'string' ? [style.bold(line['source'])] : []),
    String(line['msg'] ?? ''),
    ...rest.map(([name, value]) => style.dim(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)),
  ].join(' ')
  const error = [line['error'], line['err']].find(isRecord)
  const faults = [...(error === undefined ? [] : faultLines(error, style, width)), ...faultLines(line, style, width)]
  return `${[head, ...faults].join('\n')}\n`
}

/** What was found, what was expected and what to do, each under the line. */
function faultLines(about: Readonly<Record<string, unknown>>, style: Style, width: number): readonly string[] {
  const { message, found, expected, fix, code } = about
  return [
    ...(typeof message === 'string' && about['msg'] === undefined ? wrapText(message, width - INDENT.length) : []),
    ...(typeof found === 'string' ? [labelled('found: ', found, width - INDENT.length)] : []),
    ...(typeof expected === 'string' ? [labelled('expected: ', expected, width - INDENT.length)] : []),
    ...fixLines(fixesOf(fix), { style, width: width - INDENT.length, lead: (label) => `${label}: ` }),
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

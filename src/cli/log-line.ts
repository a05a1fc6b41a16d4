import type { Style } from './style.ts'
import { wrapText } from './text-layout.ts'

/** Fields of a log line that have a place of their own. */
const PLACED = new Set(['level', 'time', 'msg', 'source', 'error', 'err'])

/** One line of the log, given as its JSON, for a person at a terminal. */
export function describeLogLine(json: string, style: Style, width: number): string {
  const line: unknown = JSON.parse(json)
  if (!isRecord(line)) return `${json}\n`
  const error = [line['error'], line['err']].find(isRecord) ?? null
  const rest = Object.entries(line).filter(([name]) => !PLACED.has(name))
  const head = [
    style.dim(timeOf(line['time'])),
    paintLevel(String(line['level']), style),
    ...(typeof line['source'] === 'string' ? [style.bold(line['source'])] : []),
    String(line['msg'] ?? ''),
    ...rest.map(([name, value]) => style.dim(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)),
  ].join(' ')
  return `${[head, ...(error === null ? [] : describeFault(error, style, width))].join('\n')}\n`
}

function describeFault(error: Readonly<Record<string, unknown>>, style: Style, width: number): readonly string[] {
  const of = (name: string): string | null => (typeof error[name] === 'string' ? error[name] : null)
  const lines = [
    ['', of('message')] as const,
    ['found: ', of('found')] as const,
    ['expected: ', of('expected')] as const,
  ]
  const fix = Array.isArray(error['fix']) ? error['fix'].map(String) : []
  return [
    ...lines.flatMap(([label, text]) => (text === null ? [] : wrapText(`${label}${text}`, width - 9))),
    ...fix.map((line) => (line.startsWith('# ') ? `do: ${line.slice(2)}` : `run: ${style.cyan(line)}`)),
    ...(error['code'] === undefined ? [] : [style.dim(`code: ${String(error['code'])}`)]),
  ].map((line) => `         ${line}`)
}

function timeOf(time: unknown): string {
  return typeof time === 'string' ? time.slice(11, 19) : '--:--:--'
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

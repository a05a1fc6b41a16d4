import type { Style } from '../../model/style.ts'
import type { StoredMessage } from '../../sqlite/message-reader.ts'
import type { LocalTime } from '../terminal/local-time.ts'
import { fitted, widthOf } from '../terminal/text-width.ts'
import { type RowOp, type RowSummary, summaryOf } from './row-summary.ts'

export interface RowLayout {
  readonly timeOf: LocalTime
  readonly nowMs: number
  readonly style: Style
  /** Width of the terminal. No line is wider. */
  readonly width: number
}

export type RowLine = (message: StoredMessage, layout: RowLayout) => string

type Paint = (text: string) => string

const GAP = '  '
const OP_WIDTH = 'update'.length
/** On a narrower terminal the transaction is omitted. */
const LEAST_WITH_TRANSACTION = 72
/** No column is shortened below this to make room for others. */
const LEAST_VALUE_WIDTH = 24

/** Short lines for consecutive messages. Only the first line of a transaction shows its id. */
export function rowLines(): RowLine {
  let last: string | null = null
  return (message, layout) => {
    const found = summaryOf(message)
    // A tombstone belongs to the transaction of the delete before it.
    const summary = found.op === 'tombstone' ? { ...found, transaction: last } : found
    const isFirst = summary.transaction !== last
    last = summary.transaction
    return lineOf(message, summary, isFirst, layout)
  }
}

function lineOf(message: StoredMessage, summary: RowSummary, isFirst: boolean, layout: RowLayout): string {
  const { timeOf, nowMs, style, width } = layout
  const { table, op, key, columns } = summary
  const line = lineWithin(width)
  line.add(timeOf(message.tsMs, nowMs), style.dim)
  if (width >= LEAST_WITH_TRANSACTION) line.add(transactionText(summary, isFirst), style.dim)
  if (op !== 'heartbeat') line.add(fitted(table, Math.max(12, Math.floor(width / 4))), style.cyan)
  line.add(op.padEnd(OP_WIDTH), paintOf(op, style))
  line.add(fitted(key, Math.max(8, Math.floor(width / 4))), style.bold)
  const paint = op === 'heartbeat' ? style.dim : plain
  line.add(fittingColumns(columns, line.left()), paint)
  return `${line.text().trimEnd()}\n`
}

function transactionText({ transaction }: RowSummary, isFirst: boolean): string {
  if (transaction === null) return ''
  const text = `tx ${fitted(transaction, 10)}`
  return isFirst ? text : ' '.repeat(widthOf(text))
}

/** As many parts as fit, separated by a gap. */
function lineWithin(width: number) {
  const painted: string[] = []
  let left = width
  return {
    /** Width that is left for the next part. */
    left: () => left - (painted.length === 0 ? 0 : GAP.length),
    add(text: string, paint: Paint): void {
      const gap = painted.length === 0 ? '' : GAP
      const part = fitted(text, left - gap.length)
      if (part === '') return
      painted.push(gap + paint(part))
      left -= gap.length + widthOf(part)
    },
    text: () => painted.join(''),
  }
}

/** Shortens long values before it omits columns. `+3` at the end means that three were omitted. */
function fittingColumns(columns: readonly string[], width: number): string {
  const widths = columns.map(widthOf)
  for (let most = width; most >= LEAST_VALUE_WIDTH; most--) {
    const used = widths.reduce((sum, each) => sum + Math.min(each, most) + 1, -1)
    if (used <= width) return columns.map((column) => fitted(column, most)).join(' ')
  }
  return asManyAsFit(columns, width)
}

function asManyAsFit(columns: readonly string[], width: number): string {
  const parts = columns.map((column) => fitted(column, LEAST_VALUE_WIDTH))
  for (let count = parts.length - 1; count > 0; count--) {
    const line = `${parts.slice(0, count).join(' ')} +${parts.length - count}`
    if (widthOf(line) <= width) return line
  }
  const rest = parts.length > 1 ? ` +${parts.length - 1}` : ''
  return `${fitted(columns[0] ?? '', width - rest.length)}${rest}`
}

function plain(text: string): string {
  return text
}

function paintOf(op: RowOp, style: Style): Paint {
  if (op === 'insert') return style.green
  if (op === 'update') return style.yellow
  if (op === 'delete' || op === 'truncate' || op === 'tombstone') return style.red
  return op === 'heartbeat' ? style.dim : plain
}

import type { SourceReport } from '../../app/source-report.ts'
import { timeInWords } from '../../model/figures.ts'
import type { Style } from '../../model/style.ts'
import { isHealthy, type VerdictName } from '../../model/verdict.ts'
import { behindCell } from './lag-words.ts'
import { runwayInShort } from './runway-words.ts'

interface Column {
  readonly heading: string
  readonly cell: (report: SourceReport) => string
}

const VERDICT: Column = { heading: 'verdict', cell: ({ status }) => status.verdict }

/** Columns that a narrow terminal omits, beginning with the last one. */
const MORE: readonly Column[] = [
  { heading: 'runway', cell: ({ status }) => runwayInShort(status.runway) },
  {
    heading: 'behind',
    cell: ({ status }) => behindCell(status.offset),
  },
  {
    heading: 'last change',
    cell: ({ status, atMs }) => (status.lastChangeAt === null ? 'never' : ago(status.lastChangeAt, atMs)),
  },
  {
    heading: 'offset stored',
    cell: ({ status, atMs }) => (status.offset === null ? 'none' : ago(status.offset.storedAt, atMs)),
  },
]

const GAP = '  '
/** A name that is longer than this is shortened before a column is omitted. */
const NAME_COLUMNS = 20
const LEAST_NAME_COLUMNS = 8

/** A heading and a line for each source, none wider than `width`. */
export function statusTable(reports: readonly SourceReport[], width: number, style: Style): readonly string[] {
  const longest = Math.max('source'.length, ...reports.map(({ status }) => status.name.length))
  const columns = fittingColumns(reports, width, Math.min(longest, NAME_COLUMNS))
  const widths = columns.map((column) => widthOf(column, reports))
  const nameWidth = Math.min(longest, Math.max(LEAST_NAME_COLUMNS, width - sum(widths)))
  const line = (name: string, cells: readonly string[], paint: (cell: string, column: number) => string) =>
    [shortened(name, nameWidth).padEnd(nameWidth), ...cells.map(paint)].join(GAP).trimEnd()
  const padded = (cell: string, column: number) => cell.padEnd((widths[column] ?? 0) - GAP.length)
  return [
    line(
      'source',
      columns.map(({ heading }) => heading),
      padded,
    ),
    ...reports.map((report) =>
      line(
        report.status.name,
        columns.map(({ cell }) => cell(report)),
        (cell, column) =>
          column === 0 ? paintVerdict(report.status.verdict, padded(cell, 0), style) : padded(cell, column),
      ),
    ),
  ]
}

function fittingColumns(reports: readonly SourceReport[], width: number, nameWidth: number): readonly Column[] {
  for (let count = MORE.length; count > 0; count--) {
    const columns = [VERDICT, ...MORE.slice(0, count)]
    if (nameWidth + sum(columns.map((column) => widthOf(column, reports))) <= width) return columns
  }
  return [VERDICT]
}

/** Includes the gap before the column. */
function widthOf({ heading, cell }: Column, reports: readonly SourceReport[]): number {
  return GAP.length + Math.max(heading.length, ...reports.map((report) => cell(report).length))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** Marks the end if something was cut off. */
export function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

export function paintVerdict(verdict: VerdictName, text: string, style: Style): string {
  if (isHealthy(verdict)) return style.green(text)
  return verdict === 'lost' ? style.bold(style.red(text)) : style.yellow(text)
}

export function ago(iso: string, nowMs: number): string {
  return `${timeInWords(Math.max(0, nowMs - Date.parse(iso)))} ago`
}

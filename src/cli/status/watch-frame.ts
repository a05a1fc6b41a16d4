import type { SourceReport } from '../../app/source-report.ts'
import type { Style } from '../../model/style.ts'
import { VERDICTS } from '../../model/verdict.ts'
import type { SourceTerms } from '../program/script-forms.ts'
import { localTimes } from '../terminal/local-time.ts'
import { scrub } from '../terminal/scrub.ts'
import { labelled } from '../terminal/text-layout.ts'
import { shortened, statusTable } from './status-table.ts'
import { sourceLines } from './status-text.ts'

export interface FrameLayout {
  readonly columns: number
  readonly rows: number
  readonly nowMs: number
  readonly timeZone: string
  readonly style: Style
  /** The terms of the source with this name. */
  readonly termsOf: (source: string) => SourceTerms
}

/** The clock, the heading and the footer. */
const FIXED_ROWS = 3

/** All sources: first a table, one line a source, then as many reasons as fit. Never more than `rows` lines. */
export function overviewFrame(reports: readonly SourceReport[], layout: FrameLayout): readonly string[] {
  const { columns, rows, style } = layout
  const room = Math.max(1, rows - FIXED_ROWS)
  const fits = reports.length <= room
  const shown = fits ? reports : worstFirst(reports).slice(0, Math.max(1, room - 1))
  const table = statusTable(shown, columns, style)
  const rest = fits ? [] : [style.dim(shortened(restText(worstFirst(reports).slice(shown.length)), columns))]
  const foot = style.dim(shortened('One source: offbeat status NAME --watch. Ctrl-C ends.', columns))
  const above = [headLine(reports, layout), ...table, ...rest]
  const reasons = reasonLines(worstFirst(reports), rows - above.length - 1, columns)
  return [...above, ...reasons, foot].slice(0, Math.max(1, rows))
}

/** One source with as many of its facts as fit. */
export function sourceFrame(report: SourceReport, layout: FrameLayout): readonly string[] {
  const { columns, rows, style } = layout
  const lines = sourceLines(report, { ...layout, width: columns }).flatMap((line) => line.split('\n'))
  const all = [headLine([report], layout), ...lines]
  if (all.length <= rows) return all
  const shown = all.slice(0, Math.max(1, rows - 1))
  const more = `${all.length - shown.length} more lines: offbeat status ${report.status.name}`
  return [...shown, style.dim(shortened(more, columns))].slice(0, Math.max(1, rows))
}

function headLine(reports: readonly SourceReport[], { columns, nowMs, timeZone, style }: FrameLayout): string {
  const sources = `${reports.length} ${reports.length === 1 ? 'source' : 'sources'}`
  return style.bold(shortened(`${localTimes(timeZone)(nowMs, nowMs)}  ${sources}: ${counts(reports)}`, columns))
}

function restText(reports: readonly SourceReport[]): string {
  return `and ${reports.length} more: ${counts(reports)}`
}

/** `1 lost, 3 idle`, the worst first. */
function counts(reports: readonly SourceReport[]): string {
  return VERDICTS.flatMap((verdict) => {
    const count = reports.filter(({ status }) => status.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${verdict}`]
  }).join(', ')
}

function worstFirst(reports: readonly SourceReport[]): readonly SourceReport[] {
  const rank = ({ status }: SourceReport) => VERDICTS.indexOf(status.verdict)
  return reports.toSorted((a, b) => rank(a) - rank(b))
}

/** An empty line, then as many whole reasons as fit into `room` lines. */
function reasonLines(reports: readonly SourceReport[], room: number, columns: number): readonly string[] {
  const lines: string[] = ['']
  for (const { status, error } of reports) {
    const failure = error === null ? '' : `; cannot inspect: ${error.message} (${error.code})`
    const reason = labelled(`${status.name}: `, scrub(`${status.why}${failure}`), columns).split('\n')
    if (lines.length + reason.length > room) break
    lines.push(...reason)
  }
  return lines.length > 1 ? lines : []
}

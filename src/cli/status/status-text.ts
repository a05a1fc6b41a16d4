import type { SourceReport } from '../../app/source-report.ts'
import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { Fix } from '../../model/fix.ts'
import { printable } from '../../model/printable.ts'
import type { BlockerStatus, SourceStatus } from '../../model/source-status.ts'
import type { Style } from '../../model/style.ts'
import type { SourceTerms } from '../program/script-forms.ts'
import { fixLines } from '../terminal/fix-text.ts'
import { lossLines } from '../terminal/loss-screen.ts'
import { ownerInWords } from '../terminal/owner-words.ts'
import { scrub } from '../terminal/scrub.ts'
import { labelled } from '../terminal/text-layout.ts'
import { behindText } from './lag-words.ts'
import { runwayInWords } from './runway-words.ts'
import { ago, paintVerdict, statusTable } from './status-table.ts'

export interface StatusLayout {
  readonly nowMs: number
  readonly width: number
  readonly style: Style
  readonly timeZone: string
  /** The terms of the source with this name. */
  readonly termsOf: (source: string) => SourceTerms
}

/** The layout for the lines of one source. */
interface SourceLayout extends Omit<StatusLayout, 'termsOf'>, SourceTerms {}

/** Text for a terminal: a table if there are several sources, then each source with its reasons. */
export function describeStatus(reports: readonly SourceReport[], layout: StatusLayout): string {
  const blocks = reports.map((report) => sourceLines(report, layout).join('\n'))
  const table = reports.length > 1 ? [statusTable(reports, layout.width, layout.style).join('\n')] : []
  return `${[...table, ...blocks].join('\n\n')}\n`
}

export function sourceLines(report: SourceReport, { termsOf, ...about }: StatusLayout): readonly string[] {
  const layout = { ...about, ...termsOf(report.status.name) }
  // Ages are relative to the time of the verdict.
  const { status, atMs: nowMs } = report
  const { width, style } = layout
  const label = (name: string, text: string) => labelled(`  ${name.padEnd(11)}`, scrub(text), width)
  return [
    `${style.bold(status.name)}  ${paintVerdict(status.verdict, status.verdict, style)}`,
    label('why', status.why),
    label('connector', connectorText(report, layout)),
    ...retryLines(report, label, layout),
    label('offset', offsetText(report, nowMs)),
    label('layer 1', layer1Text(status, nowMs)),
    label('layer 2', layer2Text(status, nowMs)),
    ...brokenLines(status, label, layout),
    label('runway', runwayInWords(status.runway)),
    ...status.runway.because.map((reason) => label('', `- ${reason}`)),
    ...status.blockers.flatMap((blocker) => blockerLines(blocker, layout, nowMs, label)),
    label('changes', changesText(status, nowMs)),
    ...tableLines(status, label, layout),
    ...refusalLines(report, layout),
    ...errorLines(report, label, layout),
  ]
}

function connectorText({ status, by, atMs, owner }: SourceReport, { nowMs, timeZone }: SourceLayout): string {
  const { running, reportedAt } = status.connector
  const reported = reportedAt === null ? 'has never reported' : `last reported ${ago(reportedAt, nowMs)}`
  if (!running || owner === null) return `not running; ${reported}`
  const process = ownerInWords(owner, { nowMs, timeZone })
  if (by === 'command') return `running in ${process}; ${reported}`
  const ageMs = nowMs - atMs
  return `running in ${process}; reported ${ageMs < 1000 ? 'just now' : `${timeInWords(ageMs)} ago`}`
}

/** A restart of the server causes one retry, which the verdict covers. From the second attempt on, retries have their own line. */
function retryLines({ status, atMs }: SourceReport, label: Label, layout: SourceLayout): readonly string[] {
  const { retrying } = status.connector
  if (retrying === null || retrying.attempts < 2) return []
  const { what, code, message, found, fix, since, attempts } = retrying
  const age = ago(since, atMs).replace(/ ago$/u, '')
  return [
    label('retrying', `the ${what} for ${age}, ${attempts} attempts, because of ${code}: ${message}`),
    ...(found === null ? [] : [label('found', found)]),
    ...fixLinesOf(fix, layout),
  ]
}

function offsetText({ status: { offset }, shortPosition }: SourceReport, nowMs: number): string {
  if (offset === null) return 'none stored yet'
  return `${shortPosition ?? offset.position}, stored ${ago(offset.storedAt, nowMs)} by ${offset.movedBy}; ${behindText(offset)}`
}

function layer1Text({ heartbeat }: SourceStatus, nowMs: number): string {
  const { at, intervalMs } = heartbeat.connector
  if (intervalMs === null) return 'off'
  return `${at === null ? 'no heartbeat yet' : `last heartbeat ${ago(at, nowMs)}`}, every ${timeInWords(intervalMs)}`
}

function layer2Text({ heartbeat }: SourceStatus, nowMs: number): string {
  const { mode, writtenAt, seenAt, roundTripMs } = heartbeat.source
  if (mode === 'off') return 'off; it is recommended for every source'
  const written = writtenAt === null ? 'not written yet' : `written ${ago(writtenAt, nowMs)}`
  const seen = seenAt === null ? 'not seen in the log yet' : `seen in the log ${ago(seenAt, nowMs)}`
  const trip = roundTripMs === null ? '' : `, back in ${timeInWords(roundTripMs)}`
  // Offbeat cannot see when a job writes.
  return mode === 'job' ? `mode job: ${seen}${trip}` : `mode ${mode}: ${written}, ${seen}${trip}`
}

function brokenLines({ heartbeat }: SourceStatus, label: Label, layout: SourceLayout): readonly string[] {
  const { broken } = heartbeat.source
  if (broken === null) return []
  const code = broken.found.includes(broken.code) ? '' : ` (${broken.code})`
  return [label('broken', `at "${broken.hop}": ${broken.found}${code}`), ...fixLinesOf(broken.fix, layout)]
}

export function fixLinesOf(
  fixes: readonly Fix[],
  { width, style, script }: Pick<SourceLayout, 'width' | 'style' | 'script'>,
): readonly string[] {
  const lead = (label: string) => `  ${label.padEnd(11)}`
  return fixLines(fixes, { width, style, script, lead })
}

function blockerLines(blocker: BlockerStatus, layout: SourceLayout, nowMs: number, label: Label): readonly string[] {
  const { kind, name, since, holds, heldBytes, heldAtMost, details, fix } = blocker
  const who = ['user', 'application', 'database', 'state'].flatMap((key) =>
    typeof details[key] === 'string' && details[key] !== '' ? [`${key} ${details[key]}`] : [],
  )
  const held =
    heldBytes === null ? 'how much is not known' : `${heldAtMost ? 'at most ' : ''}${bytesInWords(heldBytes)}`
  const age = since === null ? '' : `, since ${ago(since, nowMs).replace(/ ago$/u, '')}`
  const about = who.length === 0 ? '' : ` (${who.join(', ')})`
  const query =
    typeof details['query'] === 'string' && details['query'] !== ''
      ? [label('', `statement: ${details['query']} ...`)]
      : []
  if (holds === 'stream') return [label('held up', `by ${kind} ${name}${age}`), ...fixLinesOf(fix, layout)]
  return [
    label('retained', `by ${kind} ${name}${about}${age}: ${held} of the log`),
    ...query,
    ...fixLinesOf(fix, layout),
  ]
}

type Label = (name: string, text: string) => string

function changesText({ counts, lastChangeAt }: SourceStatus, nowMs: number): string {
  const last = lastChangeAt === null ? 'none seen yet' : `last ${ago(lastChangeAt, nowMs)}`
  const transactions = plural(counts.transactions, 'transaction')
  return `${counts.changes} in ${transactions}, ${plural(counts.heartbeats, 'heartbeat')}; ${last}`
}

function tableLines({ name, tables }: SourceStatus, label: Label, layout: SourceLayout): readonly string[] {
  // A process of an older version does not report tables.
  if (tables == null) return []
  const { unmatched, notPublished, notPublishedCount: count } = tables
  const lines = unmatched.map(({ entry, meant, fix }) => {
    const hint = meant === null ? '' : `; did you mean ${printable(meant)}?`
    return `${printable(entry)} matches no ${layout.words.table}${fix.length === 0 ? '' : ' that the user can see'}${hint}`
  })
  const fixes = unmatched.flatMap(({ fix }) => fixLinesOf(fix, layout))
  if (count > 0) {
    const more = count - notPublished.length
    const names = `${notPublished.map(printable).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    lines.push(`not published: ${names}; to publish: offbeat doctor ${name}`)
  }
  return [...lines.map((line, index) => label(index === 0 ? 'tables' : '', line)), ...fixes]
}

function refusalLines({ refusal }: SourceReport, layout: SourceLayout): readonly string[] {
  if (refusal === null) return []
  if (refusal.loss !== undefined) return ['', ...lossLines(refusal.loss, layout)]
  return fixLinesOf(refusal.choices, layout)
}

function errorLines({ error }: SourceReport, label: Label, layout: SourceLayout): readonly string[] {
  if (error === null) return []
  return [
    label('error', `cannot inspect the database: ${error.message} (${error.code})`),
    ...(error.found === null ? [] : [label('found', error.found)]),
    ...(error.fix.length === 0 ? [label('do', error.entry.cure)] : fixLinesOf(error.fix, layout)),
  ]
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

import { reasonOfStop, type StreamEvidence } from '../health/verdict.ts'
import { timeInWords } from '../model/figures.ts'
import type { ConnectorStatus, SourceStatus } from '../model/source-status.ts'
import type { Owner } from '../sqlite/owner.ts'
import type { StoreReader } from '../sqlite/store-reader.ts'

/** The last status that a connector left in the store. */
export interface LastReport {
  readonly status: SourceStatus
  readonly atMs: number
}

/** A running connector reports twice per interval, and at least this often. If its report is older, it does not work. */
const FRESH_MS = 75_000

/** Whether the process runs the source's connector, or did when it started. An older version of Offbeat does not list its sources. */
export function lists({ sources, command }: Owner, source: string): boolean {
  return sources === null ? command.startsWith('offbeat run') : sources.includes(source)
}

/** Whether the process that owns the store runs the source's connector now. */
export function isRunBy(owner: Owner | null, source: string, last: LastReport | null, nowMs: number): boolean {
  if (owner === null || !lists(owner, source)) return false
  return last === null || !isFrom(owner, last, nowMs) || last.status.connector.running
}

/** Whether the report is recent and comes from the owner. */
export function isCurrent(owner: Owner, last: LastReport, nowMs: number): boolean {
  return nowMs - last.atMs < FRESH_MS && isFrom(owner, last, nowMs)
}

/** If the owner's start time is in the future by our clock, the clock was set back after it started. Then only the age counts. */
function isFrom(owner: Owner, last: LastReport, nowMs: number): boolean {
  return last.atMs >= owner.sinceMs || owner.sinceMs > nowMs
}

/** What is known about a connector that does not report now. */
export function connectorAtRest(
  source: string,
  owner: Owner | null,
  last: LastReport | null,
  nowMs: number,
): { readonly connector: ConnectorStatus; readonly stream: StreamEvidence } {
  const reportedAt = last === null ? null : last.status.connector.reportedAt
  if (owner === null || !isRunBy(owner, source, last, nowMs)) {
    const why = stoppedWhy(source, owner, last, nowMs)
    const failed = last?.status.connector.failed ?? null
    return {
      connector: { running: false, pid: null, since: null, reportedAt, failed, retrying: null },
      stream: { state: 'stopped', why },
    }
  }
  const { pid, sinceMs } = owner
  const reported = last !== null && isFrom(owner, last, nowMs)
  const ageMs = Math.max(0, nowMs - (reported ? last.atMs : sinceMs))
  const retrying = reported ? last.status.connector.retrying : null
  return {
    connector: { running: true, pid, since: new Date(sinceMs).toISOString(), reportedAt, failed: null, retrying },
    stream: { state: reported ? 'silent' : 'starting', ageMs, cause: null },
  }
}

/** What the store knows about the connector, also in words. `status` reports whether a running connector streams. */
export async function runnerOf(
  source: string,
  store: StoreReader | null,
  nowMs: number,
): Promise<{ readonly connector: ConnectorStatus; readonly words: string }> {
  const owner = store?.owner() ?? null
  const last = (await store?.history.status(source)) ?? null
  const { connector, stream } = connectorAtRest(source, owner, last, nowMs)
  const words = stream.state === 'stopped' ? `stopped: ${stream.why}` : `running in process ${connector.pid}`
  return { connector, words }
}

function stoppedWhy(source: string, owner: Owner | null, last: LastReport | null, nowMs: number): string {
  const report = last === null ? 'it has never run' : lastWord(last, nowMs)
  if (owner === null) return `no process runs the connector (${report})`
  if (lists(owner, source)) return `process ${owner.pid} does not run the connector any more (${report})`
  return `process ${owner.pid} owns the store and does not run this source (${report}); restart it if the source was added later`
}

function lastWord({ status, atMs }: LastReport, nowMs: number): string {
  const ago = `${timeInWords(Math.max(0, nowMs - atMs))} ago`
  if (status.connector.running) return `it last reported ${ago}`
  return `${status.verdict === 'stopped' ? reasonOfStop(status.why) : status.why}, ${ago}`
}

import type { Config, ConfiguredSource } from '../config/config.ts'
import { statusAtRest } from '../health/assessment-at-rest.ts'
import { blockerStatus } from '../health/blocker.ts'
import { RATE_HISTORY_MS } from '../health/write-rate.ts'
import type { OffbeatError } from '../model/error.ts'
import type { Resume } from '../model/log-state.ts'
import { shortPosition } from '../model/position.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { Owner } from '../sqlite/owner.ts'
import type { StoreReader } from '../sqlite/store-reader.ts'
import type { AppContext } from './app-context.ts'
import { askOwner } from './ask-owner.ts'
import { inspect } from './inspection.ts'
import { connectorAtRest, isCurrent, type LastReport, lists } from './source-runner.ts'
import { watchedSource } from './watched-source.ts'

/** What `status` shows for one source. */
export interface SourceReport {
  readonly status: SourceStatus
  /** The position of the offset as people read it. null: none is stored. */
  readonly shortPosition: string | null
  /** Who reports it: the source's connector, or this command, from the store and an inspection of the database. */
  readonly by: 'connector' | 'command'
  /** The time of the status. Its ages count from here. */
  readonly atMs: number
  /** The process that owns the store, whether it runs this source or not. */
  readonly owner: Owner | null
  /** Why the offset cannot be opened now. */
  readonly refusal: Extract<Resume, { can: 'no' }> | null
  /** Why this command could not inspect the database. */
  readonly error: OffbeatError | null
}

const PULSES_MS = 3_600_000

interface Request {
  readonly source: ConfiguredSource
  readonly config: Config
  readonly store: StoreReader | null
  readonly context: AppContext
  /** Include the first words of the statements of the clients that retain the log. */
  readonly queries: boolean
}

/**
 * Reports from the connector if one runs: over HTTP, otherwise from what it left in the store. If none runs, reports from the store and an
 * inspection.
 */
export async function reportOn(
  source: ConfiguredSource,
  config: Config,
  store: StoreReader | null,
  context: AppContext,
  show: { readonly queries: boolean } = { queries: false },
): Promise<SourceReport> {
  const request = { source, config, store, context, ...show }
  const owner = store?.owner() ?? null
  const last = (await store?.history.status(source.name)) ?? null
  const report = owner === null ? null : await reportOfConnector(owner, last, request)
  // Only an inspection has the evidence of a lost position, its choices, and the runway of a stopped connector.
  const needsInspection = report === null || report.status.verdict === 'lost' || !report.status.connector.running
  if (needsInspection) return await reportAtRest(owner, last, request)
  return show.queries ? await withQueries(report, request) : report
}

async function reportOfConnector(
  owner: Owner,
  last: LastReport | null,
  request: Request,
): Promise<SourceReport | null> {
  const { source, config, context } = request
  const atMs = context.clock.nowMs()
  const from = { by: 'connector', owner, refusal: null, error: null } as const
  if (lists(owner, source.name)) {
    const status = await askOwner(source.name, owner, config, context)
    if (status !== null) return { ...from, ...shown(status, source), atMs: context.clock.nowMs() }
  }
  return last !== null && isCurrent(owner, last, atMs)
    ? { ...from, ...shown(last.status, source), atMs: last.atMs }
    : null
}

async function reportAtRest(owner: Owner | null, last: LastReport | null, request: Request): Promise<SourceReport> {
  const { source, config, store, context, queries } = request
  const offset = store?.offset(source.name) ?? null
  const { state, error } = await inspect(source, config, () => store?.offset(source.name) ?? null, context, { queries })
  const atMs = context.clock.nowMs()
  const status = statusAtRest({
    ...watchedSource(source, config),
    ...connectorAtRest(source.name, owner, last, atMs),
    nowMs: atMs,
    offset,
    state,
    samples: (await store?.history.samples(source.name, atMs - RATE_HISTORY_MS)) ?? [],
    pulses: (await store?.history.pulses(source.name, atMs - PULSES_MS)) ?? [],
    lastStatus: last?.status ?? null,
  })
  const refusal = state?.resume.can === 'no' ? state.resume : null
  return { ...shown(status, source), by: 'command', atMs, owner, refusal, error }
}

function shown(status: SourceStatus, { definition }: ConfiguredSource): Pick<SourceReport, 'status' | 'shortPosition'> {
  const { offset } = status
  return { status, shortPosition: offset === null ? null : shortPosition(offset.position, definition.positions) }
}

/** Statements are never stored, so only an inspection can read them. */
async function withQueries(report: SourceReport, request: Request): Promise<SourceReport> {
  const { source, config, store, context } = request
  const offset = () => store?.offset(source.name) ?? null
  const { state, error } = await inspect(source, config, offset, context, { queries: true })
  const samples = (await store?.history.samples(source.name, context.clock.nowMs() - RATE_HISTORY_MS)) ?? []
  const blockers = state?.blockers.map((blocker) => blockerStatus(blocker, state, samples)) ?? report.status.blockers
  return { ...report, status: { ...report.status, blockers }, error }
}

import type { Config, ConfiguredSource } from '../config/config.ts'
import { statusAtRest } from '../health/assessment-at-rest.ts'
import { blockerStatus } from '../health/blocker.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { LogState, Resume } from '../model/log-state.ts'
import type { Offset } from '../model/offset.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { LookOptions } from '../sources/source.ts'
import type { Owner } from '../sqlite/owner.ts'
import type { StoreReader } from '../sqlite/store-reader.ts'
import type { CommandContext } from './command.ts'
import { definitionOf } from './configuration.ts'
import { toldStatus } from './told-status.ts'
import { watchedSource } from './watched-source.ts'

export interface SourceLook {
  readonly status: SourceStatus
  /** The process that keeps the source, and how old its own word is; null: this look was made by us. */
  readonly told: { readonly owner: Owner; readonly ageMs: number } | null
  /** The process that keeps the store and has not told of this source, and whether it is known to run it; null: nobody, or it has. */
  readonly neighbour: { readonly owner: Owner; readonly starts: boolean } | null
  /** Why the offset cannot be opened now. */
  readonly refusal: Extract<Resume, { can: 'no' }> | null
  /** Why our look at the database failed. */
  readonly error: OffbeatError | null
}

/** A running connector leaves its status twice an interval, and at least this often; one that is older is not from a live one. */
const FRESH_MS = 75_000
const LOOK_TIMEOUT_MS = 10_000
/** Rates are taken from the last day that was watched, which may lie before a long pause. */
export const HISTORY_MS = 7 * 86_400_000
const PULSES_MS = 3_600_000

/** From the process that runs the source, by what it answers over HTTP or left in the store; where none does, from the store and the database. */
export async function lookAt(
  source: ConfiguredSource,
  config: Config,
  store: StoreReader | null,
  context: CommandContext,
  show: { readonly queries: boolean } = { queries: false },
): Promise<SourceLook> {
  const owner = store?.owner() ?? null
  const last = (await store?.history.status(source.name)) ?? null
  const nowMs = context.clock.nowMs()
  const told = owner === null ? null : await toldStatus(source.name, owner, config, context)
  if (owner !== null && told !== null && told !== 'starting' && told.verdict !== 'lost') {
    const from = { owner, ageMs: 0 }
    if (show.queries) return await withQueries(told, from, source, config, store, context)
    return { status: told, told: from, neighbour: null, refusal: null, error: null }
  }
  // Of a lost place the process has told the log alone: the evidence and the choices come from a look.
  if (owner !== null && last !== null && last.status.verdict !== 'lost' && isFrom(owner, last.atMs, nowMs)) {
    const told = { owner, ageMs: Math.max(0, nowMs - last.atMs) }
    if (!show.queries) return { status: last.status, told, neighbour: null, refusal: null, error: null }
    return await withQueries(last.status, told, source, config, store, context)
  }
  const offset = store?.offset(source.name) ?? null
  const { state, error } = await inspect(source, config, offset, context, {
    ...show,
    latest: () => store?.offset(source.name) ?? null,
  })
  const status = statusAtRest({
    ...watchedSource(source, config),
    nowMs,
    offset,
    state,
    samples: (await store?.history.samples(source.name, nowMs - HISTORY_MS)) ?? [],
    pulses: (await store?.history.pulses(source.name, nowMs - PULSES_MS)) ?? [],
    lastStatus: last?.status ?? null,
  })
  const starts = told === 'starting'
  const neighbour = owner !== null && (starts || last === null) ? { owner, starts } : null
  return { status, told: null, neighbour, refusal: state?.resume.can === 'no' ? state.resume : null, error }
}

/** An owner that has yet to begin, by our clock, began before the clock was put back: then only the age counts. */
function isFrom(owner: Owner, atMs: number, nowMs: number): boolean {
  return nowMs - atMs < FRESH_MS && (atMs >= owner.sinceMs || owner.sinceMs > nowMs)
}

/** Statements are kept nowhere: whoever asks for them looks. */
async function withQueries(
  status: SourceStatus,
  told: SourceLook['told'],
  source: ConfiguredSource,
  config: Config,
  store: StoreReader | null,
  context: CommandContext,
): Promise<SourceLook> {
  const offset = store?.offset(source.name) ?? null
  const { state, error } = await inspect(source, config, offset, context, { queries: true })
  const samples = (await store?.history.samples(source.name, context.clock.nowMs() - HISTORY_MS)) ?? []
  const blockers = state?.blockers.map((blocker) => blockerStatus(blocker, state, samples)) ?? status.blockers
  return { status: { ...status, blockers }, told, neighbour: null, refusal: null, error }
}

/** One look made by us. Its failure is given back, not thrown; only the wish to stop is. */
export async function inspect(
  source: ConfiguredSource,
  config: Config,
  offset: Offset | null,
  context: CommandContext,
  show: LookOptions = {},
): Promise<{ readonly state: LogState | null; readonly error: OffbeatError | null }> {
  const { clock } = context
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const timeout = AbortSignal.timeout(LOOK_TIMEOUT_MS)
  const signal = AbortSignal.any([context.signal, timeout])
  try {
    const definition = await definitionOf(source)
    await using probe = await definition.probe(source.config, { source: source.name, log, clock }, signal)
    return { state: await probe.inspect(offset, signal, show), error: null }
  } catch (thrown) {
    context.signal.throwIfAborted()
    if (!timeout.aborted) return { state: null, error: asOffbeatError(thrown) }
    const message = `the look at ${source.name} took longer than ${LOOK_TIMEOUT_MS / 1000} s`
    return { state: null, error: new OffbeatError('LOOK_TIMED_OUT', { message, cause: thrown }) }
  }
}

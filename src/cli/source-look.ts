import type { Config, ConfiguredSource } from '../config/config.ts'
import { statusAtRest } from '../health/assessment-at-rest.ts'
import { asOffbeatError, type OffbeatError } from '../model/error.ts'
import type { LogState } from '../model/log-state.ts'
import type { Offset } from '../model/offset.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { Owner } from '../sqlite/owner.ts'
import type { StoreReader } from '../sqlite/store-reader.ts'
import type { CommandContext } from './command.ts'
import { definitionOf } from './configuration.ts'
import { toldStatus } from './told-status.ts'

export interface SourceLook {
  readonly status: SourceStatus
  /** The process that keeps the source, and how old its own word is; null: this look was made by us. */
  readonly told: { readonly owner: Owner; readonly ageMs: number } | null
  /** What can be done where the offset is lost, each with its price. */
  readonly choices: readonly string[]
  /** Why our look at the database failed. */
  readonly error: OffbeatError | null
}

/** A running connector leaves its status twice an interval, and at least this often; one that is older is not from a live one. */
const FRESH_MS = 75_000
const LOOK_TIMEOUT_MS = 10_000
const HISTORY_MS = 3_600_000

/** From the process that runs the source, by what it answers over HTTP or left in the store; where none does, from the store and the database. */
export async function lookAt(
  source: ConfiguredSource,
  config: Config,
  store: StoreReader | null,
  context: CommandContext,
): Promise<SourceLook> {
  const owner = store?.owner() ?? null
  const last = (await store?.history.status(source.name)) ?? null
  const nowMs = context.clock.nowMs()
  const told = owner === null ? null : await toldStatus(source.name, owner, config, context)
  if (owner !== null && told !== null) {
    return { status: told, told: { owner, ageMs: 0 }, choices: [], error: null }
  }
  if (owner !== null && last !== null && isFrom(owner, last.atMs, nowMs)) {
    return { status: last.status, told: { owner, ageMs: Math.max(0, nowMs - last.atMs) }, choices: [], error: null }
  }
  const offset = store?.offset(source.name) ?? null
  const { state, error } = await inspect(source, config, offset, context)
  const sinceMs = nowMs - HISTORY_MS
  const { connector, source: layer2 } = source.config.heartbeat
  const { runwaySeconds, usedRatio } = config.health.atRisk
  const status = statusAtRest({
    name: source.name,
    kind: source.kind,
    nowMs,
    connectorIntervalMs: connector?.intervalMs ?? null,
    sourceHeartbeat: layer2,
    atRisk: { runwayMs: runwaySeconds * 1000, usedRatio },
    offset,
    state,
    samples: (await store?.history.samples(source.name, sinceMs)) ?? [],
    pulses: (await store?.history.pulses(source.name, sinceMs)) ?? [],
    lastStatus: last?.status ?? null,
  })
  return { status, told: null, choices: state?.resume.can === 'no' ? state.resume.choices : [], error }
}

/** An owner that has yet to begin, by our clock, began before the clock was put back: then only the age counts. */
function isFrom(owner: Owner, atMs: number, nowMs: number): boolean {
  return nowMs - atMs < FRESH_MS && (atMs >= owner.sinceMs || owner.sinceMs > nowMs)
}

async function inspect(
  source: ConfiguredSource,
  config: Config,
  offset: Offset | null,
  context: CommandContext,
): Promise<{ readonly state: LogState | null; readonly error: OffbeatError | null }> {
  const { clock } = context
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  try {
    const definition = await definitionOf(source)
    await using probe = await definition.probe(source.config, { source: source.name, log, clock })
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)])
    return { state: await probe.inspect(offset, signal), error: null }
  } catch (thrown) {
    context.signal.throwIfAborted()
    return { state: null, error: asOffbeatError(thrown) }
  }
}

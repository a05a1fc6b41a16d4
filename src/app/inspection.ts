import type { Config, ConfiguredSource } from '../config/config.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import type { LogState } from '../model/log-state.ts'
import { parsedOffset, type StoredOffset } from '../model/offset.ts'
import type { InspectOptions } from '../sources/source.ts'
import type { AppContext } from './app-context.ts'

const INSPECTION_TIMEOUT_MS = 10_000

/**
 * Inspects the database from this command. `offset` returns the stored offset at the time of the call. A failure is returned, not thrown.
 * Only a request to stop is thrown.
 */
export async function inspect(
  source: ConfiguredSource,
  config: Config,
  offset: () => StoredOffset | null,
  context: AppContext,
  show: InspectOptions = {},
): Promise<{ readonly state: LogState | null; readonly error: OffbeatError | null }> {
  const { clock } = context
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const timeout = AbortSignal.timeout(INSPECTION_TIMEOUT_MS)
  const signal = AbortSignal.any([context.signal, timeout])
  try {
    const { definition } = source
    await using probe = await definition.probe(source.config, { source: source.name, log, clock }, signal)
    const parsed = (stored: StoredOffset | null) => stored && parsedOffset(stored, definition.positions)
    return { state: await probe.inspect(() => parsed(offset()), signal, show), error: null }
  } catch (thrown) {
    context.signal.throwIfAborted()
    if (!timeout.aborted) return { state: null, error: asOffbeatError(thrown) }
    const message = `cannot inspect ${source.name}: it took longer than ${INSPECTION_TIMEOUT_MS / 1000} s`
    return { state: null, error: new OffbeatError('INSPECTION_TIMED_OUT', { message, cause: thrown }) }
  }
}

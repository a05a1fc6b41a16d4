import type { Clock } from '../model/clock.ts'
import { asOffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import { makeNonce } from '../model/nonce.ts'
import type { ProbeHolder } from './probe-holder.ts'
import type { PulseTracker } from './pulse-tracker.ts'

export interface PulseLoopOptions {
  readonly source: string
  readonly intervalMs: number
  readonly probe: ProbeHolder
  readonly tracker: PulseTracker
  readonly log: Logger
  readonly clock: Clock
  readonly newId: () => string
  /** Resolves when the stream has given something: only then is it known that the server is ours and that its log is read. */
  readonly streamed: Promise<void>
  /** Called after each beat, also one that failed. */
  readonly onBeat: () => void
}

/** Layer 2: one beat when the stream has first begun, and from then on one every interval, whatever the stream does. A beat that fails is classified, counted and said; nothing else notices. */
export async function sendPulses(options: PulseLoopOptions, signal: AbortSignal): Promise<void> {
  let failures = 0
  await untilAborted(options.streamed, signal)
  while (!signal.aborted) {
    failures = (await sendPulse(options, failures, signal)) ? 0 : failures + 1
    options.onBeat()
    // The only rejection is the end of the connector.
    await options.clock.sleep(options.intervalMs, signal).catch(() => undefined)
  }
}

async function sendPulse(options: PulseLoopOptions, failures: number, signal: AbortSignal): Promise<boolean> {
  const { source, probe, tracker, log, newId } = options
  const nonce = makeNonce(source, newId())
  tracker.writing(nonce)
  try {
    const opened = await probe.get()
    await opened.beat?.(nonce, signal)
    tracker.written(nonce)
    return true
  } catch (thrown) {
    if (signal.aborted) return false
    const error = asOffbeatError(thrown)
    tracker.failed(nonce, error.code, error.fix)
    const fields = { code: error.code, found: error.found, fix: error.fix, failuresInARow: failures + 1 }
    log.warn(fields, `the layer 2 beat failed: ${error.message}; the stream goes on`)
    return false
  }
}

/** Resolves with the event, or when the signal aborts. */
export async function untilAborted(event: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const aborted = Promise.withResolvers<void>()
  const end = () => aborted.resolve()
  signal.addEventListener('abort', end, { once: true })
  await Promise.race([event, aborted.promise])
  signal.removeEventListener('abort', end)
}

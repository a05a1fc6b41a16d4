import type { Clock } from '../model/clock.ts'
import { asOffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import { makeNonce } from '../model/nonce.ts'
import { FaultLog } from './fault-log.ts'
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
  /**
   * Resolves when the stream has yielded something. Only then is it known that the server is the right one and that its log is being read.
   */
  readonly streamed: Promise<void>
  /** Called after each beat, including a failed one. */
  readonly onBeat: () => void
}

/**
 * Layer 2: sends one beat when the stream has first begun, and then one per interval, whatever the stream does. A failed beat is
 * classified, counted and logged, and affects nothing else.
 */
export async function sendPulses(options: PulseLoopOptions, signal: AbortSignal): Promise<void> {
  const fault = new FaultLog(options.log, options.clock)
  await untilAborted(options.streamed, signal)
  while (!signal.aborted) {
    await sendPulse(options, fault, signal)
    options.onBeat()
    // It rejects only when the connector ends.
    await options.clock.sleep(options.intervalMs, signal).catch(() => undefined)
  }
}

async function sendPulse(options: PulseLoopOptions, fault: FaultLog, signal: AbortSignal): Promise<void> {
  const { source, probe, tracker, newId } = options
  const nonce = makeNonce(source, newId())
  tracker.writing(nonce)
  try {
    const opened = await probe.get()
    const beat = await opened.beat?.(nonce, signal)
    tracker.written(nonce, beat?.reached ?? null)
    fault.isOver('layer 2 heartbeats are written again')
  } catch (thrown) {
    if (signal.aborted) return
    const { code, message, found, fix } = asOffbeatError(thrown)
    tracker.failed(nonce, code, fix, message)
    fault.is({ code, found, fix, message: `the layer 2 heartbeat failed: ${message}; the stream continues` })
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

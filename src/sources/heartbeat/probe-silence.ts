import type { Clock } from '../../model/clock.ts'
import type { Silence } from '../source.ts'
import type { HeartbeatConfig } from '../source-config.ts'
import { outsideChain } from './job-chain.ts'
import type { RowTrace, SilenceCause } from './row-trace.ts'
import type { OutsideJob } from './silence.ts'

interface SilenceParts<C> extends OutsideJob {
  readonly clock: Clock
  /** The row changes on the server that is read, and the stream does not show it. */
  unseen(connection: C, signal: AbortSignal): Promise<Silence>
  /** Why the row of a job in the database does not change. */
  jobChain(): SilenceCause<C>
  trace(cause: SilenceCause<C>): RowTrace<C>
}

/** `Probe.silence` on an open connection, for how the heartbeat is written. undefined: no row is watched. */
export function probeSilence<C>(
  { mode, by }: Pick<HeartbeatConfig['source'], 'mode' | 'by'>,
  parts: SilenceParts<C>,
): ((connection: C, signal: AbortSignal) => Promise<Silence | null>) | undefined {
  const { clock } = parts
  const unseen = (connection: C, signal: AbortSignal) => parts.unseen(connection, signal)
  if (mode === 'table') return unseen
  if (mode !== 'job') return undefined
  const trace = parts.trace(by === 'external' ? outsideChain(parts, unseen) : parts.jobChain())
  return (connection, signal) => trace.observe(connection, clock.monotonicMs(), signal)
}

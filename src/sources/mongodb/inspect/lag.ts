import type { LogState } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import { type ClusterTime, compareTimes, laterTime } from '../position/cluster-time.ts'
import { pointOf } from '../position/position.ts'
import type { EmptyTo } from '../resume/trial-stream.ts'

export interface LagInput {
  readonly offset: Offset | null
  /** The end of the log. */
  readonly head: ClusterTime
  /** Of a stream that was opened at the offset after `head` was read. */
  readonly emptyTo: EmptyTo
  readonly config: Pick<MongodbConfig, 'heartbeat'>
}

/**
 * An idle primary writes a no-op every ten seconds, and a running connector stores its position with each heartbeat. So the log is always
 * ahead of an idle source, by a time that rises until the next heartbeat. If nothing in between is to be delivered, that is not a lag. An offset
 * that no heartbeat moves any more is behind all the same.
 */
export function lagOf({ offset, head, emptyTo, config }: LagInput): Pick<LogState, 'behind' | 'lagMs'> {
  if (offset === null) return { behind: 'unknown', lagMs: null }
  const { time } = pointOf(offset.position)
  const isMoved = millisecondsBetween(time, head) <= 2 * shortestIntervalMs(config)
  const reached = isMoved ? laterTime(time, emptyTo === 'end' ? head : (emptyTo ?? time)) : time
  if (compareTimes(head, reached) <= 0) return { behind: 'no', lagMs: 0 }
  return { behind: 'yes', lagMs: millisecondsBetween(reached, head) }
}

function millisecondsBetween(from: ClusterTime, to: ClusterTime): number {
  return (to.seconds - from.seconds) * 1000
}

/** A heartbeat of either layer moves the stored offset. */
function shortestIntervalMs({ heartbeat: { connector, source } }: LagInput['config']): number {
  if (connector === null) return source.intervalMs
  return source.mode === 'off' ? connector.intervalMs : Math.min(connector.intervalMs, source.intervalMs)
}

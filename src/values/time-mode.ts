import { unreachable } from '../model/unreachable.ts'
import type { EpochUnit } from './epoch.ts'
import type { TimePrecisionMode } from './value-modes.ts'

/** `adaptive`: milliseconds if the type's precision is no finer, otherwise microseconds. */
export type TimeUnit = EpochUnit | 'adaptive'

/**
 * How a mode writes times and timestamps without a time zone: our own text, Debezium's text, or a number. Types with a time zone are text
 * in every mode.
 */
export type TimeStyle = 'iso8601' | 'isostring' | { readonly time: TimeUnit; readonly timestamp: TimeUnit }

export function timeStyle(mode: TimePrecisionMode): TimeStyle {
  switch (mode) {
    case 'iso8601':
    case 'isostring':
      return mode
    case 'adaptive':
      return { time: 'adaptive', timestamp: 'adaptive' }
    case 'adaptive_time_microseconds':
      return { time: 'us', timestamp: 'adaptive' }
    case 'connect':
      return { time: 'ms', timestamp: 'ms' }
    case 'microseconds':
      return { time: 'us', timestamp: 'us' }
    case 'nanoseconds':
      return { time: 'ns', timestamp: 'ns' }
    default:
      return unreachable(mode)
  }
}

import { unreachable } from '../model/unreachable.ts'
import type { EpochUnit } from './epoch.ts'
import type { TimePrecisionMode } from './value-modes.ts'

/** `adaptive`: milliseconds where the type has no finer ones, else microseconds. */
export type TimeUnit = EpochUnit | 'adaptive'

/** As what a mode writes times and timestamps without a zone: our own text, Debezium's text, or a number. Types with a zone are text in each. */
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

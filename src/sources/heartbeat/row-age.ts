import type { RowFacts } from './facts.ts'

const QUARTER_MS = 15 * 60_000
/** From UTC-12 to UTC+14. */
const FARTHEST_ZONES_MS = 26 * 3_600_000

export type RowChange = 'lately' | 'long ago' | 'unknown'

/**
 * Whether the row has changed within this time. If the server keeps no commit times, only `last_update` shows it. That is a `timestamp`
 * without a time zone, written in the writer's zone. Time zones differ by whole quarters of an hour, so if the remainder of the age by a
 * quarter of an hour is too large, the row is old in every zone. `isOurs`: sessions of our own role write it, so they use our zone.
 */
export function rowChange(row: RowFacts, withinMs: number, isOurs: boolean): RowChange {
  const { committedAgoMs, ageMs, otherZones, isMoment = false } = row
  if (committedAgoMs !== null) return committedAgoMs <= withinMs ? 'lately' : 'long ago'
  if (ageMs === null) return 'unknown'
  const isFresh = ageMs >= -QUARTER_MS / 2 && ageMs <= withinMs
  if (isFresh && (isOurs || !otherZones)) return 'lately'
  if (isOurs || isMoment) return ageMs > withinMs ? 'long ago' : 'unknown'
  const inSomeZoneMs = ((ageMs % QUARTER_MS) + QUARTER_MS) % QUARTER_MS
  const isFar = Math.abs(ageMs) > FARTHEST_ZONES_MS + withinMs
  return isFar || inSomeZoneMs > withinMs ? 'long ago' : 'unknown'
}

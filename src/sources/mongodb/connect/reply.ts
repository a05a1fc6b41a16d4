import type { ClusterTime } from '../position/cluster-time.ts'

/* Values of replies. The driver's classes are recognized by their members, so that it is loaded only when it connects. */

/** A number, or a Long, which the driver keeps as it is. null: neither. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'object' || value === null || !('toNumber' in value)) return null
  return typeof value.toNumber === 'function' ? Number(value.toNumber()) : null
}

/** A Timestamp. */
export function clusterTimeOf(value: unknown): ClusterTime | null {
  if (typeof value !== 'object' || value === null || !('t' in value) || !('i' in value)) return null
  const { t, i } = value
  return typeof t === 'number' && typeof i === 'number' ? { seconds: t, increment: i } : null
}

export function millisecondsOf(value: unknown): number | null {
  return value instanceof Date ? value.getTime() : null
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

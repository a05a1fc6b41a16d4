const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration as people write it: a whole or decimal number with a unit. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$'
export const DURATION_EXAMPLES = '500ms, 30s, 1m, 24h or 3d'

const durationForm = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** Returns the milliseconds of a duration such as `500ms`, `30s`, `1m`, `24h` or `3d`; null when the text is not a duration. */
export function parseDurationMs(text: string): number | null {
  const match = durationForm.exec(text.trim())
  const unit = match?.[2]
  if (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') return null
  return Math.round(Number(match?.[1]) * unitMs[unit])
}

/** Returns the shortest exact text: 90000 is `90s`, 86400000 is `1d`. `parseDurationMs` reads it back. */
export function formatDurationMs(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`
  }
  return `${ms}ms`
}

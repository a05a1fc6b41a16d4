/** One line of `bench --json`. The field names are stable, since scripts depend on them. */
export interface BenchResult {
  readonly profile: string
  readonly subject: string
  readonly rowsPerSecond: number | null
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly outputSha256: string | null
  readonly peer: string | null
  /** The median over the rounds of our rows/s divided by the peer's in the same round; null: there is no peer. */
  readonly ratio: number | null
  readonly rounds: number
  /** Other figures of the profile. */
  readonly [more: string]: string | number | null
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** Values over time, oldest first, as one line of bars. Each bar is the largest value of its interval; a blank means no value. */
export function barLine(
  points: readonly { readonly atMs: number; readonly value: number }[],
  fromMs: number,
  toMs: number,
  width: number,
): string {
  const columns: (number | null)[] = Array.from({ length: width }, () => null)
  for (const { atMs, value } of points) {
    const column = Math.min(width - 1, Math.max(0, Math.floor(((atMs - fromMs) / Math.max(1, toMs - fromMs)) * width)))
    columns[column] = Math.max(columns[column] ?? 0, value)
  }
  const largest = Math.max(0, ...points.map(({ value }) => value))
  return columns.map((value) => (value === null ? ' ' : barOf(value, largest))).join('')
}

function barOf(value: number, largest: number): string {
  if (largest === 0 || value <= 0) return BARS[0]
  return BARS[Math.min(BARS.length - 1, Math.floor((value / largest) * (BARS.length - 1)))] ?? BARS[0]
}

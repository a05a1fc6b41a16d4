const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const PLAIN = [' ', '.', ':', '|']

/**
 * All of `values` as bars, `width` columns wide and `height` rows high. The top is `limit`. A value above zero is always visible. The rows
 * are ordered from the top down.
 */
export function chart(
  values: readonly number[],
  size: { readonly width: number; readonly height: number; readonly limit: number; readonly unicode: boolean },
): string[] {
  const glyphs = size.unicode ? BLOCKS : PLAIN
  const steps = glyphs.length - 1
  const levels = squeeze(values, size.width).map((value) => {
    const level = Math.round((value / size.limit) * size.height * steps)
    return value > 0 ? Math.min(size.height * steps, Math.max(1, level)) : 0
  })
  return Array.from({ length: size.height }, (_, row) => {
    const below = (size.height - 1 - row) * steps
    return levels
      .map((level) => glyphs[Math.min(steps, Math.max(0, level - below))] ?? ' ')
      .join('')
      .padEnd(size.width)
  })
}

/** At most `width` values. Each is the largest of its group. */
function squeeze(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values]
  return Array.from({ length: width }, (_, i) => {
    const from = Math.floor((i * values.length) / width)
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / width))
    return Math.max(...values.slice(from, to))
  })
}

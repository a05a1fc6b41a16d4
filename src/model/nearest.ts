/** Returns the candidate that was most likely meant; null when none is close enough. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const slips = slipsBetween(word, candidate)
    if (slips !== null && slips < fewest) {
      best = candidate
      fewest = slips
    }
  }
  return best
}

/**
 * Returns how many letters differ, ignoring case. A swap of two adjacent letters counts as one (libraries count two, and would not find
 * `host` for `hsot`). Returns null when more than a third differ: then another word is meant.
 */
export function slipsBetween(word: string, candidate: string): number | null {
  const most = Math.max(1, Math.floor(word.length / 3))
  if (Math.abs(word.length - candidate.length) > most) return null
  const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
  return distance > most ? null : distance
}

/** The number of insertions, deletions, replacements and swaps of adjacent letters between two words. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          at(row, j - 1) + 1,
          at(last, j) + 1,
          at(last, j - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}

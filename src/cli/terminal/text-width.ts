import { createRequire } from 'node:module'
import type stringWidth from 'string-width'

const PLAIN = /^[\u0020-\u007E]*$/u

/** How many columns of a terminal the text takes; it has no control characters. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  measure ??= loadMeasure()
  return measure(text)
}

let measure: typeof stringWidth | null = null

/** When it is first needed: its tables take longer to load than `--help` takes. */
function loadMeasure(): typeof stringWidth {
  const loaded: { readonly default: typeof stringWidth } = createRequire(import.meta.url)('string-width')
  return loaded.default
}

/** The text, and blanks up to `width` columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** The text in at most `width` columns; the end is marked where something was cut off. */
export function fitted(text: string, width: number): string {
  if (width <= 0) return ''
  // Each character that is seen takes a column: no more of a long value is ever needed.
  const head = text.length > 8 * width + 64 ? text.slice(0, 8 * width + 64) : text
  if (head === text && widthOf(text) <= width) return text
  let taken = ''
  let used = 0
  for (const { segment } of graphemes(head)) {
    used += widthOf(segment)
    if (used > width - 1) break
    taken += segment
  }
  return `${taken}…`
}

let segmenter: Intl.Segmenter | null = null

function graphemes(text: string): Iterable<{ readonly segment: string }> {
  // Making one takes longer than many lines.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

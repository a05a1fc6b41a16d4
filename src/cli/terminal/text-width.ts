import { createRequire } from 'node:module'
import type stringWidth from 'string-width'

const PLAIN = /^[\u0020-\u007E]*$/u

/** How many terminal columns the text takes. It must not contain control characters. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  measure ??= loadMeasure()
  return measure(text)
}

let measure: typeof stringWidth | null = null

/** Loaded on first use, because loading its tables takes longer than `--help` does. */
function loadMeasure(): typeof stringWidth {
  const loaded: { readonly default: typeof stringWidth } = createRequire(import.meta.url)('string-width')
  return loaded.default
}

/** Pads the text with blanks to `width` columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Shortens the text to at most `width` columns. Marks the end if something was cut off. */
export function fitted(text: string, width: number): string {
  if (width <= 0) return ''
  // Each visible character takes at least one column, so the rest of a long value is never needed.
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
  // Creating a segmenter takes longer than segmenting many lines.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

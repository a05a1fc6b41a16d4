const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\uFE0F/u
const PLAIN = /^[\u0020-\u007E]*$/u
const MARKS = /^\p{M}+$/u

/** How many columns of a terminal the text takes; it has no control characters. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment)
  return width
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
    used += graphemeWidth(segment)
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

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2
  return MARKS.test(grapheme) ? 0 : 1
}

import { padded, widthOf } from './text-width.ts'

/** Wraps text at blanks into lines of at most `width`. Line breaks in the text stay. A longer word gets a line of its own. */
export function wrapText(text: string, width: number): readonly string[] {
  return text.split('\n').flatMap((line) => (widthOf(line) <= width ? [line] : wrapLine(line, width)))
}

function wrapLine(line: string, width: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && widthOf(current) + 1 + widthOf(word) > width) {
      lines.push(current)
      current = word
    } else {
      current = current === '' ? word : `${current} ${word}`
    }
  }
  return [...lines, current]
}

/** Text after a label, wrapped to `width`. Further lines are aligned with the first. */
export function labelled(label: string, text: string, width: number): string {
  const indent = ' '.repeat(widthOf(label))
  return wrapText(text, Math.max(20, width - widthOf(label)))
    .map((line, index) => `${index === 0 ? label : indent}${line}`.trimEnd())
    .join('\n')
}

/** A table with headings. Columns are as wide as their widest cell on a terminal; the last column is not padded. */
export function textTable(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = headings.map((heading, column) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  return [headings, ...rows].map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

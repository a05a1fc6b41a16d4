export interface ProvenFault {
  readonly fault: string
  readonly verdict: string | null
  readonly result: string
  /** The test's file, relative to the project folder. */
  readonly file: string
}

const BEGIN = '<!-- fault matrix: written by `npm run faults` -->'
const END = '<!-- end of the fault matrix -->'
const ROW = /^\| ([^|]+) \| [^|]* \| [^|]+ \| `([^`]+)` \| \d+ \| [-\d]+ \|$/u

export interface MatrixRow {
  readonly fault: string
  readonly file: string
  readonly line: string
}

/** The rows between the page's two markers. */
export function matrixRows(page: string): readonly MatrixRow[] {
  return between(page).flatMap((line) => {
    const [, fault, file] = ROW.exec(line) ?? []
    return fault === undefined || file === undefined ? [] : [{ fault, file, line }]
  })
}

/**
 * Replaces the rows of the files in which a fault was proven, and keeps those of other files. A fault that several tests of a file prove has
 * one row with their number.
 */
export function withMatrix(page: string, faults: readonly ProvenFault[], date: string): string {
  const files = new Set(faults.map(({ file }) => file))
  const kept = matrixRows(page).filter(({ file }) => !files.has(file))
  const rows = [...kept, ...rowsOf(faults, date)].toSorted((a, b) => a.file.localeCompare(b.file, 'en'))
  const head = page.slice(0, page.indexOf(BEGIN))
  const about =
    'Each by `npx vitest run FILE` on real servers. Verdict: what the test has checked, if it did; runs: the number of tests or server versions.'
  const table = [
    '| fault | verdict | result | FILE | runs | date |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ line }) => line),
  ]
  return `${head}${BEGIN}\n\n${about}\n\n${table.join('\n')}\n\n${page.slice(page.indexOf(END))}`
}

function rowsOf(faults: readonly ProvenFault[], date: string): readonly MatrixRow[] {
  const groups = Map.groupBy(faults, ({ fault, file }) => `${fault} by ${file}`)
  return [...groups.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const { fault, verdict, result, file } = first
    const line = `| ${fault} | ${verdict ?? ''} | ${result} | \`${file}\` | ${same.length} | ${date} |`
    return [{ fault, file, line }]
  })
}

function between(page: string): readonly string[] {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error('the page has no markers for the fault matrix')
  return page.slice(begin, end).split('\n')
}

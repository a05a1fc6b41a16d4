export interface ProvenFault {
  readonly fault: string
  readonly verdict: string | null
  readonly result: string
  /** The test's file, relative to the project folder. */
  readonly file: string
}

const BEGIN = '<!-- fault matrix: written by `npm run faults` -->'
const END = '<!-- end of the fault matrix -->'

/** Replaces the matrix between the page's two markers. A fault that several tests of a file prove has one row with their number. */
export function withMatrix(page: string, faults: readonly ProvenFault[], date: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error('the page has no markers for the fault matrix')
  return `${page.slice(0, begin)}${BEGIN}\n\n${matrix(faults, date)}\n${page.slice(end)}`
}

function matrix(faults: readonly ProvenFault[], date: string): string {
  const rows = Map.groupBy(faults, ({ fault, file }) => `${fault} by ${file}`)
  const lines = [...rows].flatMap(([, same]) => {
    const [first] = same
    if (first === undefined) return []
    return [`| ${first.fault} | ${first.verdict ?? ''} | ${first.result} | \`${first.file}\` | ${same.length} |`]
  })
  const about = `${date}, each by \`npx vitest run FILE\` on real servers. Verdict: what the test has checked, if it did; runs: the number of tests or server versions.`
  return `${about}\n\n| fault | verdict | result | FILE | runs |\n|---|---|---|---|---|\n${lines.join('\n')}\n`
}

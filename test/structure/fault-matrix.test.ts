import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faultFiles } from '../../tools/fault-files.ts'
import { matrixRows, withMatrix } from '../../tools/fault-matrix.ts'

const page = readFileSync('docs/operations.md', 'utf8')

test('the fault matrix of the docs has every fault that a test proves, and no other', () => {
  const named = faultFiles().flatMap(({ path, faults }) => faults.map((fault) => `${fault} by ${path}`))
  expect(new Set(matrixRows(page).map(({ fault, file }) => `${fault} by ${file}`))).toEqual(new Set(named))
})

test('rows of files that were not run are kept, those of the others replaced', () => {
  const [first] = matrixRows(page)
  const file = first?.file ?? ''
  const one = { fault: 'the one', verdict: null, result: 'well', file }
  const rows = matrixRows(withMatrix(page, [one, one], '2030-01-02'))
  expect(rows.filter((row) => row.file === file).map(({ line }) => line)).toEqual([
    `| the one |  | well | \`${file}\` | 2 | 2030-01-02 |`,
  ])
  const others = (all: typeof rows) => all.filter((row) => row.file !== file)
  expect(others(rows)).toEqual(others(matrixRows(page)))
  expect(others(rows).length).toBeGreaterThan(10)
})

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FOLDER = 'test/e2e'

/** The faults that the tests name, with the file of each. */
function named(): string[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'))
  return files.flatMap((file) => {
    const source = readFileSync(`${FOLDER}/${file}`, 'utf8')
    return [...source.matchAll(/\bfault: ['"](.+)['"],\n/gu)].map(([, fault]) => `${fault} by ${FOLDER}/${file}`)
  })
}

test('the fault matrix of the docs has every fault that a test proves, and no other', () => {
  const page = readFileSync('docs/operations.md', 'utf8')
  const rows = [...page.matchAll(/^\| ([^|]+) \| [^|]* \| [^|]+ \| `([^`]+)` \| \d+ \|$/gmu)]
  expect(new Set(rows.map(([, fault, file]) => `${fault} by ${file}`))).toEqual(new Set(named()))
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const FOLDERS = ['test/e2e', 'test/integration']

/** The faults that the tests name, with the file of each. A suite's faults are those of the files that run it. */
function named(): string[] {
  const files = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  return files.flatMap((file) => {
    const source = readFileSync(file, 'utf8')
    const suites = [...source.matchAll(/ from '\.\.\/(conformance\/faults\/[-a-z]+\.ts)'/gu)].map(
      ([, path = '']) => path,
    )
    const texts = [source, ...suites.map((path) => readFileSync(join('test', path), 'utf8'))]
    return texts
      .flatMap((text) => [...text.matchAll(/\bfault: ['"](.+?)['"],\s/gu)])
      .map(([, fault]) => `${fault} by ${file}`)
  })
}

test('the fault matrix of the docs has every fault that a test proves, and no other', () => {
  const page = readFileSync('docs/operations.md', 'utf8')
  const rows = [...page.matchAll(/^\| ([^|]+) \| [^|]* \| [^|]+ \| `([^`]+)` \| \d+ \|$/gmu)]
  expect(new Set(rows.map(([, fault, file]) => `${fault} by ${file}`))).toEqual(new Set(named()))
})

import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadedWith } from './import-rule.ts'
import { readSources } from './source-import.ts'

const root = new URL('../../', import.meta.url).pathname
const files = readSources(root, ['src', 'test'])
const simulated = readdirSync(`${root}test/support/simulated`).map((name) => `test/support/simulated/${name}`)

/** What every kind of database uses as it is. */
const NEUTRAL = [
  'test/conformance/source-suites.ts',
  'test/support/captured-tables.ts',
  'test/support/run-once.ts',
  'test/support/running-connector.ts',
  'test/support/simulated-schedule.ts',
  ...simulated,
]

const REAL = /(^|\/)(postgresql|pg)\b/u
/** One table has the codes of all of them. */
const CODES = 'src/model/error-codes/'

test.each(NEUTRAL)('%s knows no real database', (path) => {
  const known = [...loadedWith(path, files)]
  expect(known).toContain(path)
  expect(known.filter((each) => REAL.test(each) && !each.startsWith(CODES))).toEqual([])
})

test('a whole source, with its log and its server, takes no more than 600 lines', () => {
  const lines = files.filter(({ path }) => simulated.includes(path)).map(({ text }) => text.split('\n').length - 1)
  expect(lines.length).toBeGreaterThan(5)
  expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(600)
})

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERROR_TABLE } from '../../src/model/error-code.ts'
import { errorsPage } from '../../tools/errors-text.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

it('docs/errors.md is what `npm run docs` writes', () => {
  expect(page).toBe(errorsPage())
})

it('docs/errors.md has every code', () => {
  const headings = [...page.matchAll(/^### (\w+)$/gm)].map((found) => found[1])
  expect(headings.sort((a = '', b = '') => a.localeCompare(b))).toEqual(
    Object.keys(ERROR_TABLE).sort((a, b) => a.localeCompare(b)),
  )
})

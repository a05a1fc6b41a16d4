import { expect, it } from 'vitest'
import { readSources } from './source-import.ts'

const root = new URL('../../', import.meta.url).pathname
const tests = readSources(root, ['src', 'test']).filter((file) => /(\.test|-suite)\.ts$/u.test(file.path))
const concepts = readSources(root, ['docs'], '.md').find((file) => file.path === 'docs/concepts.md')

/** Those of docs/concepts.md. */
const PROMISES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]

it.each(PROMISES)('promise %i has a test whose name begins with it', (number) => {
  expect(namedBy(number)).not.toEqual([])
})

it.each(PROMISES)('docs/concepts.md names tests of promise %i that exist', (number) => {
  const paragraph =
    (concepts?.text ?? '').split(/\n(?=\d+\. )|\n\n/).find((part) => part.startsWith(`${number}. `)) ?? ''
  const listed = [...paragraph.matchAll(/`([^`]+(?:\.test|-suite)\.ts)`/g)].map((found) => found[1])
  expect(listed).not.toEqual([])
  expect(namedBy(number)).toEqual(expect.arrayContaining(listed))
})

function namedBy(number: number): readonly string[] {
  const name = new RegExp(String.raw`['"\x60]promise ${number}: `)
  return tests.filter((file) => name.test(file.text)).map((file) => file.path)
}

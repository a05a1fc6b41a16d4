import type { CheckFinding } from '../../src/sources/check.ts'

/** What a finding calls a table or a row, which MongoDB does not have. Keys of the configuration and modes keep their names. */
export function wordsOfSql({ title, found, expected, fix }: CheckFinding): readonly string[] {
  const texts = [title, found, expected, ...fix.map(({ text }) => text)]
  const plain = texts.map((text) => text.replaceAll(/`[^`]*`|source\.table|mode table/gu, '').replace(/^tables:/u, ''))
  return plain.filter((text) => /\b(table|row|column)s?\b/iu.test(text))
}

import { expect, test } from 'vitest'
import { loadSource, PLANNED_KINDS, SOURCE_KINDS } from './registry.ts'

test.each(SOURCE_KINDS)('%s loads and is of its kind', async (kind) => {
  expect((await loadSource(kind)).kind).toBe(kind)
})

test.each([...PLANNED_KINDS, 'db2', 'toString', '__proto__'])('%s is refused with what there is', async (kind) => {
  await expect(loadSource(kind)).rejects.toMatchObject({ code: 'CONFIG_INVALID', expected: 'kind: postgresql' })
})

test('a planned kind is told from one that nobody knows', async () => {
  await expect(loadSource('oracle')).rejects.toThrow('This version cannot capture oracle yet.')
  await expect(loadSource('orcale')).rejects.toThrow('orcale is not a kind of source.')
})

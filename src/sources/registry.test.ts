import { expect, test } from 'vitest'
import { SOURCES } from './registry.ts'
import { sourceRegistry } from './source-registry.ts'

test.each(SOURCES.kinds)('%s loads and is of its kind', async (kind) => {
  expect((await SOURCES.load(kind)).kind).toBe(kind)
})

test.each([...SOURCES.planned, 'db2', 'toString', '__proto__'])('%s is refused with what there is', async (kind) => {
  await expect(SOURCES.load(kind)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    expected: `kind: ${SOURCES.kinds.join(' or ')}`,
  })
})

test('a planned kind is distinguished from an unknown one', async () => {
  await expect(SOURCES.load('oracle')).rejects.toThrow('This version cannot capture oracle yet.')
  await expect(SOURCES.load('orcale')).rejects.toThrow('orcale is not a kind of source.')
})

test('a registry of its own has its own kinds, and loads none before it is asked for', async () => {
  const loaded: string[] = []
  const source = (kind: string) => async () => {
    loaded.push(kind)
    return { ...(await SOURCES.load('postgresql')), kind }
  }
  const registry = sourceRegistry({ one: source('one'), two: source('two') })
  expect(registry).toMatchObject({ kinds: ['one', 'two'], planned: [] })
  expect((await registry.load('two')).kind).toBe('two')
  expect(loaded).toEqual(['two'])
  await expect(registry.load('postgresql')).rejects.toMatchObject({ expected: 'kind: one or two' })
})

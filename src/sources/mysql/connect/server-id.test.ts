import { expect, test } from 'vitest'
import { readerUuidOf, serverIdOf } from './server-id.ts'

test('two sources on one machine, and one source on two machines, have ids of their own that stay', () => {
  const ids = ['shop', 'stock'].flatMap((source) =>
    ['one', 'two'].map((machine) => serverIdOf(source, { serverId: null }, machine)),
  )
  expect(new Set(ids).size).toBe(4)
  for (const id of ids) expect(id).toBeGreaterThanOrEqual(0x8000_0000)
  expect(serverIdOf('shop', { serverId: null })).toBe(serverIdOf('shop', { serverId: null }))
  expect(new Set(ids.map((id) => readerUuidOf('shop', id))).size).toBe(4)
})

test('an id in the configuration is used as it is', () => {
  expect(serverIdOf('shop', { serverId: 7 }, 'one')).toBe(7)
})

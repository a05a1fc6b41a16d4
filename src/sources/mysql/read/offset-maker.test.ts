import { expect, it } from 'vitest'
import { mysqlFacts, UUID } from '../../../../test/support/mysql-facts.ts'
import { MYSQL_POSITIONS } from '../position/position.ts'
import { TableMemory } from '../tables/table-memory.ts'
import { offsetMaker } from './offset-maker.ts'

const OTHER = '4f22fb58-82db-22f2-af44-d91bb0530673'

function makerFrom(serverUuid: string, memory: { readonly log?: string }) {
  const from = {
    position: MYSQL_POSITIONS.parse(`${UUID}:1-7`),
    server: { serverUuid },
    memory,
    moved: { by: 'commit', why: 'a test', atMs: 0 },
  } as const
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined }
  const make = offsetMaker(from, { facts: mysqlFacts(), memory: new TableMemory(), clock })
  return (by: 'commit' | 'progress', position: number, gtids: readonly string[] = []) =>
    make({ file: 'b.000001', position, gtids, prepared: null }, by).memory['log']
}

it.each([
  ['another server, as after a failover', OTHER, { log: 'b.000009:800' }],
  ['this server, with GTIDs that were typed', UUID, {}],
])('an offset of %s remembers no file before the first transaction', (_name, serverUuid, memory) => {
  const logAfter = makerFrom(serverUuid, memory)
  // The server sends the start of a file first, which can be before what was read.
  expect(logAfter('progress', 4)).toBeUndefined()
  expect(logAfter('commit', 500, [`${UUID}:8`])).toBe('b.000001:500')
  expect(logAfter('progress', 600)).toBe('b.000001:600')
})

it('an offset of this server is not moved back to the start of its file', () => {
  const logAfter = makerFrom(UUID, { log: 'b.000001:400' })
  expect(logAfter('progress', 4)).toBe('b.000001:400')
  expect(logAfter('commit', 500, [`${UUID}:8`])).toBe('b.000001:500')
})

it('an offset of this server is not moved back to an older file, with which a dump can begin for a prepared transaction', () => {
  const logAfter = makerFrom(UUID, { log: 'b.000002:400' })
  expect(logAfter('progress', 500)).toBe('b.000002:400')
})

import { expect, it } from 'vitest'
import { HUGE, mysqlFacts, set, UUID } from '../../../../test/support/mysql-facts.ts'
import type { MysqlFacts } from '../inspect/server-facts.ts'
import { MYSQL_POSITIONS } from '../position/position.ts'
import { checkMysql } from './mysql-resume.ts'
import type { ResumeInput } from './opening.ts'

function startOf(log: string, more: Partial<MysqlFacts> = {}) {
  const given = mysqlFacts(more)
  const moved = { by: 'commit', why: 'a test', atMs: 0 } as const
  const offset = {
    position: MYSQL_POSITIONS.parse(`${UUID}:1-7`),
    server: { serverUuid: UUID },
    memory: { log },
    moved,
  }
  const input: ResumeInput = { source: 'shop', offset, facts: given }
  const opening = checkMysql(input, given)
  if (opening.can === 'no') return opening.error.code
  return opening.can === 'yes' ? opening.start.by : opening.can
}

it.each([
  ['b.000002:800', 'mysql gtids'],
  // The mode can have changed with the file.
  ['b.000001:800', 'file'],
  // The command has no room for such an offset.
  [`b.000001:${HUGE - 1}`, 'mysql gtids'],
  ['b.000003:4', 'MYSQL_LOG_RESET'],
  ['b.000002:901', 'MYSQL_LOG_RESET'],
  ['another.000001:4', 'mysql gtids'],
])('an offset at %s: %s', (log, start) => {
  expect(startOf(log)).toBe(start)
})

it('after a restore, the files begin again and what was read is purged', () => {
  const purged = set(`${UUID}:1-7`)
  expect(startOf('b.000009:4', { purged, before: { executed: purged, purged } })).toBe('mysql gtids')
})

it('a purge while the files are listed proves nothing', () => {
  const purged = set(`${UUID}:1-7,${UUID}:9`)
  const executed = set(`${UUID}:1-9`)
  expect(startOf('b.000002:800', { purged, before: { executed, purged } })).toBe('mysql gtids')
  expect(startOf('b.000002:800', { purged, before: { executed, purged: set('') } })).toBe('MYSQL_LOG_PURGED')
})

it.each([
  ['OFF', 'file'],
  ['ON_PERMISSIVE', 'file'],
] as const)('with gtid_mode %s: %s', (gtidMode, start) => {
  expect(startOf('b.000002:800', { gtidMode })).toBe(start)
})

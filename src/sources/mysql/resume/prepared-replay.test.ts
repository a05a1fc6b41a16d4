import { expect, test } from 'vitest'
import type { Offset } from '../../../model/offset.ts'
import type { MariadbFacts } from '../inspect/server-facts.ts'
import { parseMariadbGtidList, parseMariadbGtidState } from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'
import { replayOf } from './prepared-replay.ts'

const gtids = (text: string) => parseMariadbGtidList(text) ?? new Map()

const FACTS: MariadbFacts = {
  product: 'mariadb',
  atMs: 0,
  startedAtS: 0,
  serverId: '1',
  readOnly: false,
  logsBinary: true,
  log: null,
  logEngine: null,
  domain: '0',
  written: gtids('0-1-120'),
  state: parseMariadbGtidState('0-1-120'),
  starts: null,
}

test('a domain that was deleted is not waited for, and is new if it is used again', () => {
  const offset: Offset = {
    position: MARIADB_POSITIONS.parse('0-1-100,1-1-5'),
    server: { serverId: '1', domain: '0' },
    memory: { prepared: { gtids: ['0-1-91'], since: '0-1-90,1-1-5', log: null } },
    moved: { by: 'commit', why: '', atMs: 0 },
  }
  const replay = replayOf(offset, { by: 'mariadb gtids', gtids: gtids('0-1-90') }, FACTS)
  const at = { file: null, position: 0 }
  expect(replay?.isRead('0-1-91', at)).toBe(true)
  expect(replay?.isRead('1-1-1', at)).toBe(false)
  expect(replay?.isOver(at)).toBe(false)
  expect(replay?.isRead('0-1-100', at)).toBe(true)
  expect(replay?.isOver(at)).toBe(true)
  expect(replay?.gtids).toEqual(['0-1-91'])
})

import { expect, test } from 'vitest'
import type { Offset } from '../../../model/offset.ts'
import type { MariadbFacts } from '../inspect/server-facts.ts'
import { parseMariadbGtidList, parseMariadbGtidState } from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'
import { checkMariadb } from './mariadb-resume.ts'

/** What MariaDB 12.3 reports with `binlog_storage_engine = innodb`, by its documentation: files whose contents have no positions. */
const FACTS: MariadbFacts = {
  product: 'mariadb',
  atMs: 0,
  startedAtS: 0,
  serverId: '1',
  readOnly: false,
  logsBinary: true,
  log: { files: [{ name: 'binlog-000000.ibb', bytes: 1_073_741_824 }], end: null },
  logEngine: 'InnoDB',
  domain: '0',
  written: parseMariadbGtidList('0-1-42') ?? new Map(),
  state: parseMariadbGtidState('0-1-42'),
  starts: null,
}

function openingAt(position: string, facts = FACTS) {
  const offset: Offset = {
    position: MARIADB_POSITIONS.parse(position),
    server: { serverId: '1', domain: '0' },
    memory: { log: 'binlog.000007:4711' },
    moved: { by: 'commit', why: '', atMs: 0 },
  }
  return checkMariadb({ source: 'shop', offset, facts }, facts)
}

test('a log in InnoDB is read by GTIDs, also if the offset remembers a file from before', () => {
  expect(openingAt('0-1-41')).toMatchObject({ can: 'yes', start: { by: 'mariadb gtids' } })
  expect(openingAt('0-1-43')).toMatchObject({ can: 'no', error: { code: 'MYSQL_LOG_RESET' } })
})

test('a log in InnoDB is not read by file and position, and the refusal says so', () => {
  const opening = openingAt('binlog.000007:4711')
  expect(opening).toMatchObject({
    can: 'no',
    error: {
      code: 'MYSQL_LOG_WITHOUT_FILES',
      message: expect.stringContaining('from binlog.000007:4711 on, the offset of shop: it is in InnoDB'),
      found: 'binlog_storage_engine is InnoDB',
    },
  })
  const files = { ...FACTS, logEngine: null, log: { files: [{ name: 'binlog.000007', bytes: 5000 }], end: null } }
  expect(openingAt('binlog.000007:4711', files)).toMatchObject({ can: 'yes', start: { by: 'file' } })
})

import { expect, test } from 'vitest'
import { silentLog } from '../../../../test/support/silent-log.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import { mariadbConfig } from '../config.ts'
import { HEADER_BYTES, SIZE_AT } from '../decode/framing/event-header.ts'
import { EVENT } from '../decode/framing/event-type.ts'
import type { MariadbFacts } from '../inspect/server-facts.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'
import type { TextQuery } from '../tables/text-query.ts'
import { streamDecoder } from './stream-decoder.ts'

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
  written: new Map(),
  state: new Map(),
  starts: null,
}

const COLUMN = { db: 'd', tab: 't', name: 'id', data_type: 'int', column_type: 'int(11)', charset: null, in_key: 'PRI' }
const NO_CHECKSUM = { Variable_name: 'binlog_checksum', Value: 'NONE' }
const query: TextQuery = async (sql) => {
  if (sql.startsWith('SHOW GLOBAL VARIABLES')) return [NO_CHECKSUM]
  return /information_schema\.COLUMNS/u.test(sql) ? [COLUMN] : []
}

/** d.t with a column of type INT, without the column's name. */
function tableMap(): Buffer {
  const named = (name: string) => Buffer.from([name.length, ...Buffer.from(name), 0])
  const body = Buffer.concat([Buffer.from([7, 0, 0, 0, 0, 0, 0, 0]), named('d'), named('t'), Buffer.from([1, 3, 0, 0])])
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), body])
  bytes[4] = EVENT.TABLE_MAP
  bytes.writeUInt32LE(bytes.length, SIZE_AT)
  return bytes
}

test('a log in InnoDB is not asked for by file and position, and rows without column names stop with the setting that names them', async () => {
  // Nothing listens there: a connection would fail.
  const config = mariadbConfig.parse({ kind: 'mariadb', host: '127.0.0.1', port: 1, user: 'u', tables: ['d.t'] })
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined }
  const from = {
    position: MARIADB_POSITIONS.parse('0-1-42'),
    server: { serverId: '1', domain: '0' },
    memory: {},
    moved: { by: 'progress', why: 'a test', atMs: 0 },
  } as const
  const { decoder } = await streamDecoder({
    config,
    context: { source: 'shop', log: silentLog, clock },
    facts: FACTS,
    query,
    signal: new AbortController().signal,
    from,
    start: { file: 'binlog-000000.ibb', position: 4 },
    replay: null,
    isFirst: true,
  })
  const bytes = tableMap()
  const into: LogEvent[] = []
  const rest = decoder.decode(bytes, 0, bytes.length, into)
  await expect(Array.fromAsync(rest ?? [])).rejects.toMatchObject({
    code: 'MYSQL_COLUMNS_UNKNOWN',
    fix: [expect.objectContaining({ text: "SET GLOBAL binlog_row_metadata = 'FULL'" })],
  })
})

import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { valueText } from '../support/binlog-reading.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { type MysqlReplica, startMysqlReplica } from '../support/mysql-replica.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'

const LEAST_METADATA = { mysql: 'MINIMAL', mariadb: 'NO_LOG' } as const
const STOP = 'MYSQL_COLUMNS_UNKNOWN'
/** One database each, so that one pair serves all. */
const ALTERS = {
  added: 'ADD COLUMN c int DEFAULT 7',
  swapped: 'CHANGE a b varchar(9), CHANGE b a varchar(9)',
} as const
type Alter = keyof typeof ALTERS

/** A replica applies rows by the order of the columns, so what was written to `a` is in `b` after the swap: that is in its table too. */
const ALTERED = {
  added: (id: number) => ({ id: `${id}`, a: '"a"', b: '"b"', c: '7' }),
  swapped: (id: number) => ({ id: `${id}`, b: '"a"', a: '"b"' }),
} as const
const UNALTERED = (id: number) => ({ id: `${id}`, a: '"a"', b: '"b"' })

function rowsOf(events: readonly LogEvent[]): Record<string, string>[] {
  return events.flatMap((event) => {
    if (event.type !== 'change' || event.after === null) return []
    const { table, after } = event
    return [Object.fromEntries(table.columns.map(({ name }, i) => [name, valueText(table, after, i)]))]
  })
}

async function read(servers: readonly MysqlServer[], database: string, from: Offset | 'now'): Promise<Reading> {
  const [first] = servers
  if (first === undefined) throw new Error('no server')
  const config = mysqlSource(first, {
    tables: [`${database}.t`],
    heartbeat: { connector: { interval: '200ms' }, source: { mode: 'off' } },
    user: 'offbeat',
    password: first.password,
    hosts: servers.map(({ host, port }) => `${host}:${port}`),
  })
  return new Reading(await openReader(config, { ...readingContext, source: database }), from, 'none')
}

/** Into the second and the third column, whatever they are called. */
async function insert(server: MysqlServer, database: string, id: number): Promise<void> {
  const columns = await server.query(database, 'SHOW COLUMNS FROM t')
  const names = columns.slice(0, 3).map((column) => String(column['Field']))
  await server.query(database, `INSERT INTO t (${names.join(', ')}) VALUES (${id}, 'a', 'b')`)
}

/** The rows after the offset, up to row 4, or to the error. */
async function rest(
  servers: readonly MysqlServer[],
  database: string,
  from: Offset,
): Promise<{ readonly rows: Record<string, string>[]; readonly code: string | null }> {
  await using reading = await read(servers, database, from)
  const isDone = () => rowsOf(reading.events).some(({ id }) => id === '4')
  const failure = reading.failure()
  await Promise.race([failure, reading.until('row 4', isDone).catch(() => null)])
  return { rows: rowsOf(reading.events), code: isDone() ? null : asOffbeatError(await failure).code }
}

/** Writes one row that is read, one that the replica applies before it is altered, and one that it applies afterwards. */
async function alterReplicaFirst(
  primary: MysqlServer,
  replica: MysqlReplica,
  alter: Alter,
): Promise<readonly Offset[]> {
  await primary.query(
    '',
    `CREATE DATABASE ${alter}; CREATE TABLE ${alter}.t (id int PRIMARY KEY, a varchar(9), b varchar(9))`,
  )
  await using reading = await read([primary], alter, 'now')
  await reading.firstOffset()
  const ids = [1, 2, 3]
  for (const id of ids) {
    await insert(primary, alter, id)
    await replica.catchUp()
    if (id === 2) await alterAlone(replica, `ALTER TABLE ${alter}.t ${ALTERS[alter]}`)
  }
  await reading.until('the rows', () => reading.commits.length >= ids.length)
  expect(rowsOf(reading.events)).toEqual(ids.map(UNALTERED))
  return reading.commits.map(({ offset }) => offset)
}

async function alterAlone(replica: MysqlReplica, statement: string): Promise<void> {
  const lock = replica.product === 'mysql' ? 'super_read_only' : 'read_only'
  await replica.query('', `SET GLOBAL ${lock} = OFF; SET sql_log_bin = 0; ${statement}; SET GLOBAL ${lock} = ON`)
}

describe.each(BOTH_PRODUCTS)('%s, where the replica is altered first and then promoted', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)

  test.skipIf(absent).each(['FULL', LEAST_METADATA[product]])(
    'with binlog_row_metadata %s, each row has the names of its time, or the connector stops',
    async (binlog_row_metadata) => {
      const settings = { binlog_row_metadata }
      await using primary = await startMysql({ version, settings })
      await primary.query('', `CREATE USER offbeat IDENTIFIED BY '${primary.password}'; GRANT ALL ON *.* TO offbeat`)
      await using replica = await startMysqlReplica(primary, { version, settings })
      const offsets = {
        added: await alterReplicaFirst(primary, replica, 'added'),
        swapped: await alterReplicaFirst(primary, replica, 'swapped'),
      }
      await replica.promote()
      await primary.kill()
      const rows = (alter: Alter) => [UNALTERED(2), ALTERED[alter](3), ALTERED[alter](4)]
      for (const alter of ['added', 'swapped'] as const) {
        await insert(replica, alter, 4)
        const known = [0, 1, 2].filter((read) => binlog_row_metadata === 'FULL' || (alter === 'added' && read > 0))
        const expected = [0, 1, 2].map((read) =>
          known.includes(read) ? { rows: rows(alter).slice(read), code: null } : { rows: [], code: STOP },
        )
        const met: Awaited<ReturnType<typeof rest>>[] = []
        for (const from of offsets[alter]) met.push(await rest([primary, replica], alter, from))
        expect(met).toEqual(expected)
      }
    },
  )
})

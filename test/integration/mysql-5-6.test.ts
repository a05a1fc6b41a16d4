import { describe, expect, test } from 'vitest'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { eventText } from '../support/binlog-reading.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL_LOG } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { type ReplacingProxy, startReplacingProxy } from '../support/replacing-proxy.ts'

const VERSION = 'mysql-5.6'
const absent = !EVERY_MYSQL_LOG.includes(VERSION) || mysqlMissing(VERSION) !== null
const plain = { tls: { mode: 'disable' } }

/** What came with 5.7, and what stands for it in 5.6. Each has as many bytes as its counterpart. */
const SINCE_57 = [
  ['max_execution_time =', 'net_read_timeout   ='],
  ['performance_schema.global_status', 'information_schema.global_status'],
] as const

/** Proxies through which the server claims to be a 5.7. The last one is the one to connect to. */
async function startAs57(server: MysqlServer, opened: AsyncDisposableStack): Promise<ReplacingProxy> {
  const length = String.fromCharCode(`${server.version}-log`.length)
  const text = (version: string) => Buffer.from(`${length}${version}-log`)
  const claimed = `5.7${server.version.slice('5.6'.length)}`
  let proxy = opened.use(await startReplacingProxy(server, text(server.version), text(claimed)))
  for (const [since, before] of SINCE_57)
    proxy = opened.use(await startReplacingProxy(proxy, Buffer.from(since), Buffer.from(before), 'client'))
  return proxy
}

describe.skipIf(absent)('MySQL 5.6', () => {
  test('is refused by its version', async () => {
    await using server = await startMysql({ version: VERSION })
    const config = mysqlSource(server, { ...plain, tables: ['d.t'] })
    const refused = {
      code: 'DATABASE_VERSION',
      found: `MySQL ${server.version}-log`,
      expected: 'MySQL 5.7 or newer',
    }
    await expect(openReader(config, readingContext)).rejects.toMatchObject(refused)
    await expect(openProbe(config, readingContext)).rejects.toMatchObject(refused)
  })

  // MySQL 5.7 cannot be had. Its log is the same: rows of the second form, no metadata, and GTIDs only with log_slave_updates.
  test('is read like the 5.7 that it claims to be here', async () => {
    await using server = await startMysql({ version: VERSION })
    await using proxies = new AsyncDisposableStack()
    const proxy = await startAs57(server, proxies)
    await server.query(
      '',
      'CREATE DATABASE d; CREATE TABLE d.t (id int PRIMARY KEY, note varchar(20), amount decimal(6,2))',
    )
    const config = mysqlSource(
      { ...server, host: proxy.host, port: proxy.port },
      { ...plain, tables: ['d.t'], heartbeat: { connector: { interval: '200ms' }, source: { mode: 'off' } } },
    )
    await using first = new Reading(await openReader(config, readingContext), 'now', 'none')
    const from = await first.firstOffset()
    await server.query(
      'd',
      "INSERT INTO t VALUES (1, 'é', 1.50); UPDATE t SET note = NULL; INSERT INTO t VALUES (2, '', -0.01)",
    )
    await first.until('three commits', () => first.commits.length >= 3)
    await first[Symbol.asyncDispose]()
    await server.query('', 'FLUSH BINARY LOGS')
    await server.query('d', 'DELETE FROM t WHERE id = 2')
    await using second = new Reading(await openReader(config, readingContext), first.commits[0]?.offset ?? from, 'none')
    await second.until('three commits', () => second.commits.length >= 3)
    const changes = [...first.events, ...second.events].filter(({ type }) => type === 'change').map(eventText)
    expect(changes.map((line) => line.replace(/ row \d+$/u, ''))).toEqual([
      'c d.t - {"id":1,"note":"é","amount":"1.50"}',
      'u d.t {"id":1,"note":"é","amount":"1.50"} {"id":1,"note":null,"amount":"1.50"}',
      'c d.t - {"id":2,"note":"","amount":"-0.01"}',
      'u d.t {"id":1,"note":"é","amount":"1.50"} {"id":1,"note":null,"amount":"1.50"}',
      'c d.t - {"id":2,"note":"","amount":"-0.01"}',
      'd d.t {"id":2,"note":"","amount":"-0.01"} -',
    ])
  })
})

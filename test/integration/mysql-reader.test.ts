import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const about = { tables: ['d.item'], heartbeat: { connector: { interval: '200ms' } } }

async function read(server: MysqlServer, from: Offset | 'now', source = 'shop'): Promise<Reading> {
  return new Reading(await openReader(mysqlSource(server, about), { ...readingContext, source }), from, 'none')
}

const insert = (server: MysqlServer, id: number) => server.query('d', `INSERT INTO item VALUES (${id}, 'x')`)

describe.each(BOTH_PRODUCTS)('the reader of %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)('resumes from each commit, and names what prevents it', async () => {
    await using server = await startMysql({ version })
    await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY, note text)')
    await using first = await read(server, 'now')
    const startOffset = await first.firstOffset()
    await insert(server, 1)
    await insert(server, 2)
    await first.until('two rows', () => first.ids.length >= 2)
    await first.stop()
    expect(await first.failure()).toBeNull()
    await first[Symbol.asyncDispose]()
    expect(first.ids).toEqual([1, 2])

    await using older = await read(server, startOffset)
    await older.until('two rows', () => older.ids.length >= 2)
    await using newer = await read(server, first.commits[0]?.offset ?? startOffset)
    await newer.until('a row', () => newer.ids.length >= 1)
    expect(newer.ids).toEqual([2])
    expect(asOffbeatError(await older.failure()).code).toBe('MYSQL_SERVER_ID_IN_USE')

    await server.query('', 'FLUSH BINARY LOGS')
    const [file] = (await server.query('', 'SHOW BINARY LOGS')).slice(-1)
    await using beside = await read(server, 'now', 'another')
    await beside.firstOffset()
    await insert(server, 3)
    await newer.until('the row in the new file', () => newer.ids.includes(3))
    await newer[Symbol.asyncDispose]()
    await beside[Symbol.asyncDispose]()
    // MariaDB keeps a file, with a warning alone, until what is committed in it is safe in the tables.
    await waitFor({ until: 'the older file is purged' }, async () => {
      await server.query('', `PURGE BINARY LOGS TO '${String(file?.['Log_name'])}'`)
      const [oldest] = await server.query('', 'SHOW BINARY LOGS')
      return oldest?.['Log_name'] === file?.['Log_name']
    })
    await using lost = await read(server, startOffset)
    expect(asOffbeatError(await lost.failure()).code).toBe('MYSQL_LOG_PURGED')
    expect(lost.events).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { asOffbeatError, type OffbeatError } from '../../src/model/error.ts'
import type { LogState } from '../../src/model/log-state.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { MARIADB_POSITIONS } from '../../src/sources/mysql/position/position.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { logFiles, purgeAll } from '../support/mysql-purge.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'

const about = { tables: ['d.item'], heartbeat: { connector: { interval: '200ms' } } }
const { text } = MARIADB_POSITIONS

async function read(server: MysqlServer, from: Offset | 'now'): Promise<Reading> {
  return new Reading(await openReader(mysqlSource(server, about), readingContext), from, 'none')
}

async function inspect(server: MysqlServer, offset: Offset): Promise<LogState> {
  await using probe = await openProbe(mysqlSource(server, about), readingContext)
  return await probe.inspect(() => offset, new AbortController().signal)
}

async function failureFrom(server: MysqlServer, offset: Offset): Promise<OffbeatError> {
  await using reading = await read(server, offset)
  return asOffbeatError(await reading.failure())
}

/** Reads until this row has come, and returns the offset after it. */
async function readUntil(server: MysqlServer, from: Offset | 'now', id: number): Promise<Offset> {
  await using reading = await read(server, from)
  await reading.until(`the row ${id}`, () => reading.ids.includes(id))
  expect(reading.ids.filter((each) => each === id)).toEqual([id])
  const last = reading.commits.at(-1)?.offset
  if (last === undefined) throw new Error('no commit')
  return last
}

/** The first offset of a new connector. */
async function headOf(server: MysqlServer): Promise<Offset> {
  await using fresh = await read(server, 'now')
  return await fresh.firstOffset()
}

function insert(server: MysqlServer, id: number, session = ''): Promise<unknown> {
  return server.query('d', `${session}; INSERT INTO item VALUES (${id})`.replace(/^; /u, ''))
}

const IN_DOMAIN_1 = 'SET SESSION gtid_domain_id = 1'

async function shop(server: MysqlServer): Promise<Offset> {
  await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY)')
  await using reading = await read(server, 'now')
  return await reading.firstOffset()
}

/** The offset of a reader that has read three rows of domain 1 and one more. The files with these rows are purged. */
async function afterPurgedDomain(server: MysqlServer): Promise<Offset> {
  const born = await shop(server)
  for (const id of [1, 2, 3]) await insert(server, id, IN_DOMAIN_1)
  await insert(server, 4)
  const offset = await readUntil(server, born, 4)
  await purgeAll(server)
  return offset
}

/** Ends the file, and deletes the domain 1 in the next one. */
async function deleteDomain(server: MysqlServer): Promise<void> {
  await server.query('', 'FLUSH BINARY LOGS')
  await server.query('', 'FLUSH BINARY LOGS DELETE_DOMAIN_ID = (1)')
}

const versions = EVERY_MYSQL.filter((version) => mysqlServerKind(version).product === 'mariadb')

describe.each(versions)('domains of %s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)('a domain that is used once and purged does not stop whoever has read it', async () => {
    await using server = await startMysql({ version })
    const born = await shop(server)
    await insert(server, 1, IN_DOMAIN_1)
    await insert(server, 2)
    const offset = await readUntil(server, born, 2)
    await purgeAll(server)
    await purgeAll(server)
    await insert(server, 3)
    expect((await inspect(server, offset)).resume).toMatchObject({ can: 'yes', as: 'same server' })
    await readUntil(server, offset, 3)

    const without = { ...offset, position: MARIADB_POSITIONS.parse(text(offset.position).split(',')[0] ?? '') }
    expect(await failureFrom(server, without)).toMatchObject({
      code: 'MYSQL_LOG_PURGED',
      details: { purgedDomain: 1 },
      found: expect.stringContaining('of the domain 1 the offset has nothing'),
    })
  })

  test.skipIf(absent)('a deleted domain is no loss; used again, it stops with its name', async () => {
    await using server = await startMysql({ version })
    const offset = await afterPurgedDomain(server)
    // Two files that still name the domain, and the one after the deletion.
    await insert(server, 5)
    const afterFive = await readUntil(server, offset, 5)
    await insert(server, 51)
    await deleteDomain(server)
    expect(await logFiles(server)).toHaveLength(3)
    await insert(server, 6)
    expect(await inspect(server, offset)).toMatchObject({ behind: 'yes', resume: { can: 'yes' } })
    // By GTIDs alone, the request must be repeated without the domain.
    await using byGtids = await read(server, { ...afterFive, memory: {} })
    expect(asOffbeatError(await byGtids.failure()).code).toBe('MYSQL_DOMAIN_DELETED')
    expect(byGtids.ids).toEqual([51])
    const afterSix = await readUntil(server, offset, 6)
    await insert(server, 60)
    const atHead = await readUntil(server, afterSix, 60)
    expect(text(atHead.position)).toMatch(/^0-\d+-\d+,1-\d+-3$/u)
    expect(await inspect(server, atHead)).toMatchObject({ behind: 'no', resume: { can: 'yes' } })
    // The offset of a new connector is without the domain; the oldest file is with it.
    const freshOffset = await headOf(server)
    expect((await inspect(server, freshOffset)).resume).toMatchObject({ can: 'yes' })

    // The server would pass over what has a sequence number up to 3.
    await using open = await read(server, atHead)
    await open.until('the stream', () => open.events.length > 0)
    await insert(server, 7, IN_DOMAIN_1)
    expect(asOffbeatError(await open.failure())).toMatchObject({
      code: 'MYSQL_GTID_ORDER',
      details: { gtid: expect.stringMatching(/^1-\d+-1$/u) },
    })
    expect((await inspect(server, atHead)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_RESET' })
    await readUntil(server, freshOffset, 7)
  })

  test.skipIf(absent)(
    'a domain that was deleted and used beyond its old end before it is read on stops with its name',
    async () => {
      await using server = await startMysql({ version })
      const offset = await afterPurgedDomain(server)
      await insert(server, 5)
      await deleteDomain(server)
      // By GTIDs, the server would send only the last of them.
      for (const id of [11, 12, 13, 14]) await insert(server, id, IN_DOMAIN_1)
      await using behind = await read(server, offset)
      expect(asOffbeatError(await behind.failure())).toMatchObject({
        code: 'MYSQL_GTID_ORDER',
        details: { gtid: expect.stringMatching(/^1-\d+-1$/u) },
      })
      expect(behind.ids.filter((id) => id < 10)).toEqual([5])
    },
  )

  test.skipIf(absent)(
    'a domain is deleted while an XA transaction is prepared: its rows come, and the log is read on',
    async () => {
      await using server = await startMysql({ version })
      const old = await afterPurgedDomain(server)
      await server.query('d', "XA START 'x'; INSERT INTO item VALUES (20); XA END 'x'; XA PREPARE 'x'")
      await insert(server, 5)
      const before = await readUntil(server, old, 5)
      await deleteDomain(server)
      await insert(server, 6)
      const after = await readUntil(server, before, 6)
      await server.query('', "XA COMMIT 'x'")
      await insert(server, 7)
      for (const [offset, ids] of [
        [before, [6, 20, 7]],
        [after, [20, 7]],
      ] as const) {
        await using reading = await read(server, offset)
        await reading.until('the last row', () => reading.ids.includes(7))
        expect(reading.ids).toEqual(ids)
      }
    },
  )

  test.skipIf(absent)('by GTIDs of two domains, the log is read on from the middle of a file', async () => {
    await using server = await startMysql({ version })
    const born = await shop(server)
    await insert(server, 1, IN_DOMAIN_1)
    await insert(server, 2)
    await server.query('', 'FLUSH BINARY LOGS')
    await insert(server, 3)
    const offset = await readUntil(server, born, 3)
    await insert(server, 4)
    // The server sends a list of its own where the offset is. It leaves out the domain 1, which has nothing more.
    await using reading = await read(server, { ...offset, memory: {} })
    await reading.until('the row 4', () => reading.ids.includes(4))
    await insert(server, 5, IN_DOMAIN_1)
    await reading.until('the row 5', () => reading.ids.includes(5))
    expect(reading.ids).toEqual([4, 5])
  })

  test.skipIf(absent)('another server in the domain goes on; a lower sequence number stops', async () => {
    await using server = await startMysql({ version })
    const born = await shop(server)
    await insert(server, 1)
    await insert(server, 2, 'SET SESSION server_id = 77')
    const offset = await readUntil(server, born, 2)
    expect(text(offset.position)).toMatch(/^0-77-\d+$/u)
    await insert(server, 3)
    const later = await readUntil(server, offset, 3)

    await server.query('', 'SET GLOBAL gtid_strict_mode = ON')
    await expect(insert(server, 4, 'SET SESSION gtid_seq_no = 1')).rejects.toThrow('out-of-order')
    await server.query('', 'SET GLOBAL gtid_strict_mode = OFF')
    await using open = await read(server, offset)
    await open.until('the row 3', () => open.ids.includes(3))
    await insert(server, 4, 'SET SESSION gtid_seq_no = 1')
    expect(asOffbeatError(await open.failure())).toMatchObject({
      code: 'MYSQL_GTID_ORDER',
      found: expect.stringMatching(/^0-\d+-1 after 0-\d+-\d+$/u),
    })
    expect((await inspect(server, later)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_RESET' })
  })
})

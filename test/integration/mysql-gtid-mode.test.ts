import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { NoticeEvent } from '../../src/model/log-event.ts'
import type { LogState } from '../../src/model/log-state.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { MYSQL_POSITIONS } from '../../src/sources/mysql/position/position.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { logFiles, purgeAll } from '../support/mysql-purge.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { Reading, readingContext } from '../support/reading.ts'

const about = { tables: ['d.item'], heartbeat: { connector: { interval: '200ms' } } }
const { text } = MYSQL_POSITIONS
const OFF = { gtid_mode: 'OFF', enforce_gtid_consistency: 'ON' }

async function read(server: MysqlServer, from: Offset | 'now', source = 'shop'): Promise<Reading> {
  return new Reading(await openReader(mysqlSource(server, about), { ...readingContext, source }), from, 'none')
}

async function inspect(server: MysqlServer, offset: Offset): Promise<LogState> {
  await using probe = await openProbe(mysqlSource(server, about), readingContext)
  return await probe.inspect(() => offset, new AbortController().signal)
}

async function shop(server: MysqlServer): Promise<void> {
  await server.query(
    '',
    'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY); CREATE TABLE d.other (id int PRIMARY KEY)',
  )
}

const insert = (server: MysqlServer, id: number) => server.query('d', `INSERT INTO item VALUES (${id})`)

/** The last offset of the events so far. */
function last({ events }: Reading): Offset {
  const event = events.findLast(({ type }) => type === 'commit' || type === 'progress')
  if (event?.type !== 'commit' && event?.type !== 'progress') throw new Error('no offset')
  return event.offset
}

async function change(server: MysqlServer, ...modes: readonly string[]): Promise<void> {
  for (const mode of modes) await server.query('', `SET GLOBAL gtid_mode = ${mode}`)
}

function notices(reading: Reading): readonly NoticeEvent[] {
  return reading.notices.filter(({ code }) => code.startsWith('MYSQL_'))
}

/** The reader is refused. Runs what is printed. */
async function expectPermissive(server: MysqlServer, refused: Reading, mode: string): Promise<void> {
  const error = asOffbeatError(await refused.failure())
  expect(error).toMatchObject({ code: 'MYSQL_GTID_MODE', details: { gtidMode: mode } })
  for (const fix of error.fix) if (fix.in === 'database') await server.query('', fix.text)
}

/** The offsets after which the server does not send everything, in the order of the modes. */
const REFUSED: Readonly<Record<string, readonly number[]>> = { ON: [0, 1], OFF: [0, 1, 2, 3, 4] }

describe.skipIf(mysqlMissing('mysql-9') !== null)('gtid_mode of MySQL', () => {
  test.for(['ON_PERMISSIVE', 'OFF_PERMISSIVE'])(
    '%s: after 400 transactions on unwatched tables whose first files are purged, reading goes on',
    async (mode) => {
      await using server = await startMysql({ version: 'mysql-9', settings: { ...OFF, gtid_mode: mode } })
      await shop(server)
      await using reading = await read(server, 'now')
      const first = await reading.firstOffset()
      await insert(server, 1)
      {
        await using other = await server.connect('d')
        for (let i = 0; i < 400; i++) {
          await other.query(`INSERT INTO other VALUES (${i})`)
          if (i % 100 === 50) await other.query('FLUSH BINARY LOGS')
        }
      }
      const [row] = await server.query('', 'SHOW BINARY LOG STATUS')
      const end = `${String(row?.['File'])}:${String(row?.['Position'])}`
      await reading.until('the end of the log', () => text(last(reading).position).endsWith(end))
      const offset = last(reading)
      await reading[Symbol.asyncDispose]()
      const gtids = MYSQL_POSITIONS.gtidsOf(offset.position)
      expect(gtids.size).toBe(mode === 'ON_PERMISSIVE' ? 1 : 0)
      expect(await inspect(server, offset)).toMatchObject({ behind: 'no', resume: { can: 'yes' } })

      const [oldest, ...files] = await logFiles(server)
      await server.query('', `PURGE BINARY LOGS TO '${String(files.at(-1))}'`)
      expect(await logFiles(server)).not.toContain(oldest)
      await insert(server, 2)
      await using again = await read(server, offset)
      await again.until('the next row', () => again.ids.length > 0)
      expect(again.ids).toEqual([2])
      expect((await inspect(server, first)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_PURGED' })
    },
  )

  test('changed online to ON and back: every row once, or the mode with which the server sends them all', async () => {
    await using server = await startMysql({ version: 'mysql-9', settings: OFF })
    await shop(server)
    await using running = await read(server, 'now')
    const first = await running.firstOffset()
    const offsets: Offset[] = [first]
    let id = 0
    const write = async () => {
      for (let i = 0; i < 3; i++) await insert(server, ++id)
      await running.until(`the row ${id}`, () => running.ids.at(-1) === id)
      offsets.push(last(running))
    }
    await write()
    for (const mode of ['OFF_PERMISSIVE', 'ON_PERMISSIVE', 'ON', 'ON_PERMISSIVE', 'OFF_PERMISSIVE', 'OFF']) {
      await change(server, mode)
      await write()
      for (const [index, offset] of offsets.entries()) {
        const from = 3 * index + 1
        await using again = await read(server, offset, 'another')
        const refused = REFUSED[mode]?.includes(index) === true
        if (refused) await expectPermissive(server, again, mode)
        await using reading = refused ? await read(server, offset, 'another') : again
        const expected = Array.from({ length: id - from + 1 }, (_, i) => from + i)
        const rows = `the rows after ${text(offset.position)} in ${mode}`
        await reading.until(rows, () => reading.ids.length >= expected.length)
        expect(reading.ids).toEqual(expected)
        if (refused) await change(server, mode)
      }
    }
    expect(running.ids).toEqual(Array.from({ length: id }, (_, i) => i + 1))
  })

  test('GTIDs with tags: read, resumed inside of a tag, and lost by name', async () => {
    await using server = await startMysql({ version: 'mysql-9' })
    await shop(server)
    await using running = await read(server, 'now')
    await running.firstOffset()
    for (const id of [1, 2, 3])
      await server.query('d', `SET gtid_next = 'AUTOMATIC:blue'; INSERT INTO item VALUES (${id})`)
    await insert(server, 4)
    await running.until('four rows', () => running.ids.length === 4)
    const [one] = running.commits
    if (one === undefined) throw new Error('no commit')
    expect(text(one.offset.position)).toMatch(/:blue:1$/u)
    expect(text(last(running).position)).toMatch(/:blue:1-3$/u)
    await using again = await read(server, one.offset)
    await again.until('the rest', () => again.ids.length === 3)
    expect(again.ids).toEqual([2, 3, 4])
    await purgeAll(server)
    expect((await inspect(server, one.offset)).resume).toMatchObject({
      can: 'no',
      code: 'MYSQL_LOG_PURGED',
      found: expect.stringContaining(':blue:2-3'),
    })
  })

  test('GTIDs that were added to gtid_purged are passed with proof as long as the file of the offset is there', async () => {
    await using server = await startMysql({ version: 'mysql-9' })
    await shop(server)
    await using running = await read(server, 'now')
    await running.firstOffset()
    await insert(server, 1)
    await running.until('the row', () => running.ids.length === 1)
    const offset = last(running)
    await running[Symbol.asyncDispose]()
    const foreign = '11111111-2222-3333-4444-555555555555:1-50'
    await server.query('', `SET GLOBAL gtid_purged = '+${foreign}'`)
    await insert(server, 2)
    const why = `passed ${foreign}, which are purged and were not read`
    expect((await inspect(server, offset)).resume).toMatchObject({ can: 'yes', why: expect.stringContaining(why) })
    {
      await using again = await read(server, offset)
      await again.until('the row', () => again.ids.length === 1)
      expect(again.ids).toEqual([2])
      expect(notices(again)).toMatchObject([{ code: 'MYSQL_GAP_PASSED', ledger: expect.stringContaining(why) }])
      expect(text(last(again).position)).toContain(foreign)
    }
    // The same gap without a proof: the file is gone, or the offset does not know it.
    const unknown = { ...offset, memory: {} }
    expect((await inspect(server, unknown)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_PURGED' })
    await purgeAll(server)
    await using lost = await read(server, offset)
    expect(asOffbeatError(await lost.failure())).toMatchObject({
      code: 'MYSQL_LOG_PURGED',
      found: expect.stringContaining(foreign),
    })
  })
})

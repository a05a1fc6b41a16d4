import { describe, expect, test } from 'vitest'
import type { Limit, LogState } from '../../src/model/log-state.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import type { Probe } from '../../src/sources/source.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const EXPIRY = 'binlog_expire_logs_seconds'

async function inspect(probe: Probe, offset: Offset | null): Promise<LogState> {
  return await probe.inspect(() => offset, new AbortController().signal)
}

async function offsetAtEnd(probe: Probe): Promise<Offset> {
  const { head, server, atMs } = await inspect(probe, null)
  if (head.position === null) throw new Error('the head has no position')
  return { position: head.position, server, memory: {}, moved: { by: 'commit', why: 'a test', atMs } }
}

function limitOf({ limits }: LogState, name: string): Limit {
  const limit = limits.find((each) => each.name === name)
  if (limit === undefined) throw new Error(`no limit ${name}`)
  return limit
}

/** One transaction, then a new file. */
async function writeFile(server: MysqlServer): Promise<string> {
  await server.query('', 'CREATE DATABASE IF NOT EXISTS written; DROP DATABASE written')
  const [last] = (await server.query('', 'SHOW BINARY LOGS')).slice(-1)
  await server.query('', 'FLUSH BINARY LOGS')
  return String(last?.['Log_name'])
}

describe.each(EVERY_MYSQL)('how long a connector of %s could stay down', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)

  test.skipIf(absent)(
    'the file that an offset needs is found among many, with the time when it was closed',
    async () => {
      await using server = await startMysql({ version, settings: { [EXPIRY]: '259200' } })
      await using probe = await openProbe(mysqlSource(server), readingContext)
      const offsets: { readonly offset: Offset; readonly file: string }[] = []
      for (let n = 0; n < 6; n++) {
        const offset = await offsetAtEnd(probe)
        offsets.push({ offset, file: await writeFile(server) })
      }
      for (const { offset, file } of offsets) {
        const state = await inspect(probe, offset)
        const { used, certain, because } = limitOf(state, EXPIRY)
        expect(because[0]).toContain(`the offset needs ${file}, which the server closed at`)
        expect(because.at(-1)).toMatch(/^the oldest file, binlog\.\d+, began .* ago$/u)
        expect({ certain, used: used <= state.atMs - offset.moved.atMs + 1000 }).toEqual({ certain: true, used: true })
      }
      const last = await offsetAtEnd(probe)
      expect(limitOf(await inspect(probe, last), EXPIRY)).toMatchObject({ used: 0, certain: true })

      await server.query('', 'CREATE DATABASE later')
      await server.stop()
      await server.start()
      await using again = await openProbe(mysqlSource(server), readingContext)
      expect(limitOf(await inspect(again, last), EXPIRY)).toMatchObject({
        certain: false,
        because: expect.arrayContaining([expect.stringContaining('the server was down until')]),
      })

      await server.query('', product === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER')
      const fresh = await offsetAtEnd(again)
      const first = await writeFile(server)
      expect(limitOf(await inspect(again, fresh), EXPIRY).because[0]).toContain(`needs ${first}, which`)
    },
  )

  test.skipIf(absent)('no server removes the file sooner than was said', async () => {
    const settings = {
      [EXPIRY]: '3',
      ...(/^mariadb-1[12]/u.test(version) ? { slave_connections_needed_for_purge: '0' } : {}),
    }
    await using server = await startMysql({ version, settings })
    await using probe = await openProbe(mysqlSource(server), readingContext)
    const offset = await offsetAtEnd(probe)
    await writeFile(server)
    const promises: number[] = []
    const lostAtMs = await waitFor({ until: 'the file is purged' }, async () => {
      const state = await inspect(probe, offset)
      if (state.resume.can === 'no') {
        expect(state.resume.code).toBe('MYSQL_LOG_PURGED')
        return state.atMs
      }
      const { keeps, used } = limitOf(state, EXPIRY)
      promises.push(state.atMs + Math.max(0, (keeps ?? 0) - used))
      await writeFile(server)
      return null
    })
    expect(promises.length).toBeGreaterThan(0)
    // The times of files have whole seconds.
    expect(Math.max(...promises.filter((at) => at > lostAtMs + 1000), 0)).toBe(0)
  })
})

const newer = EVERY_MYSQL.filter((version) => version === 'mariadb-11.4' || version === 'mariadb-11.8')
describe.each(newer)('what came with MariaDB 11.4, in %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'a limit for all files, and nothing is purged while no replica is connected',
    async () => {
      await using server = await startMysql({ version, settings: { max_binlog_total_size: '8192', [EXPIRY]: '1' } })
      await using probe = await openProbe(mysqlSource(server), readingContext)
      const offset = await offsetAtEnd(probe)
      for (let n = 0; n < 20; n++) await writeFile(server)
      const state = await inspect(probe, offset)
      expect(state.resume.can).toBe('yes')
      expect(limitOf(state, 'max_binlog_total_size')).toMatchObject({
        keeps: 8192,
        because: [expect.stringContaining('slave_connections_needed_for_purge is 1')],
      })
      await server.query('', 'SET GLOBAL slave_connections_needed_for_purge = 0')
      // The server keeps a file while somebody reads it, as our probe has just done.
      const resume = await waitFor({ until: 'the file is purged' }, async () => {
        await writeFile(server)
        const state = await inspect(probe, offset)
        return state.resume.can === 'yes' ? null : state.resume
      })
      expect(resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_PURGED' })
    },
  )
})

import { describe, expect, test } from 'vitest'
import {
  createHeartbeatDatabase,
  createHeartbeatTable,
  grantHeartbeat,
  heartbeatTableName,
  insertHeartbeatRow,
} from '../../src/sources/mysql/beat/heartbeat-table.ts'
import { alterEvent, createEvent, eventName, grantEvent } from '../../src/sources/mysql/beat/job/event-statement.ts'
import { type Account, quoteAccount, quoteLiteral, quoteName } from '../../src/sources/mysql/connect/quoting.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { queryMysql } from '../support/mysql-query.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

const AWKWARD = { schema: "o'neil_50%?", table: 'order `by`' }

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent).each([
    ['the usual names', { interval: '1s' }, { user: 'streamkap_user', host: '%' }],
    ['awkward names', { ...AWKWARD, interval: '1s' }, { user: 'a\'b"c', host: '127.0.0.1' }],
  ])('%s: the printed event runs with the printed grants and no more', async (_names, source, definer) => {
    await using server = await startMysql({ version, settings: { event_scheduler: 'ON' } })
    const config = mysqlSource(server, { heartbeat: { source } })
    const table = heartbeatTableName(config)
    const statements = [
      createHeartbeatDatabase(config),
      createHeartbeatTable(config, 'one line'),
      insertHeartbeatRow(config),
      `CREATE USER IF NOT EXISTS ${quoteAccount(definer.user, definer.host)} IDENTIFIED BY 'pw'`,
      grantHeartbeat(config, definer, 'job'),
      grantEvent(config, definer),
      createEvent(config, definer),
    ]
    // Each is harmless when it is run again.
    for (const statement of [...statements, ...statements]) await server.query('', statement)
    const rows = () => server.query('', `SELECT * FROM ${table}`)
    const times = new Set<unknown>()
    await waitFor({ until: 'the event has run twice' }, async () => {
      times.add((await rows())[0]?.['last_update'])
      return times.size >= 3
    })
    expect(await rows()).toMatchObject([{ id: 1, text: 'test_heartbeat' }])

    const event = { ...eventName(config), definer }
    const state = async () => {
      const name = `EVENT_SCHEMA = ${quoteLiteral(event.database)} AND EVENT_NAME = ${quoteLiteral(event.name)}`
      const columns = 'STATUS AS status, DEFINER AS definer, ON_COMPLETION AS completion'
      return await server.query('', `SELECT ${columns} FROM information_schema.EVENTS WHERE ${name}`)
    }
    const as = `${definer.user}@${definer.host}`
    expect(await state()).toEqual([{ status: 'ENABLED', definer: as, completion: 'PRESERVE' }])
    await server.query('', alterEvent(event, 'DISABLE'))
    expect(await state()).toEqual([{ status: 'DISABLED', definer: as, completion: 'PRESERVE' }])
    await server.query('', alterEvent(event, 'ON SCHEDULE EVERY 1 MINUTE ENABLE'))
    expect(await state()).toEqual([{ status: 'ENABLED', definer: as, completion: 'PRESERVE' }])
    await expect(cannot(server, definer, `DELETE FROM ${table}`)).resolves.toBe(1142)
    const other = quoteName(`${event.database.slice(0, -1)}x`)
    await server.query('', `CREATE DATABASE ${other}`)
    await expect(cannot(server, definer, `CREATE EVENT ${other}.e ON SCHEDULE EVERY 1 DAY DO SELECT 1`)).resolves.toBe(
      1044,
    )
  })
})

/** The number of the server's error. */
async function cannot(server: MysqlServer, { user }: Account, statement: string): Promise<unknown> {
  const url = new URL(server.url(''))
  url.username = encodeURIComponent(user)
  url.password = 'pw'
  const error: unknown = await queryMysql(url.href, statement, []).catch((thrown: unknown) => thrown)
  return error instanceof Error && 'errno' in error ? error.errno : error
}

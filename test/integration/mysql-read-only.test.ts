import { describe, expect, test } from 'vitest'
import { quoteAccount } from '../../src/sources/mysql/connect/quoting.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { openPreparedShop } from '../support/mysql-prepared-shop.ts'
import { purgeAll } from '../support/mysql-purge.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

/** Only these change nothing: reads, and the settings of a session of our own. */
const READS = /^(SELECT|SHOW|SET (SESSION|NAMES|TRANSACTION|@)|XA RECOVER)\b/i
/** What a SELECT may write all the same, and what changes more than the session. */
const WRITES = /\bINTO\b|\bFOR (UPDATE|SHARE)\b|LOCK IN SHARE MODE|NEXT VALUE|NEXTVAL|SETVAL|\bGLOBAL \w+ *=|\bPERSIST/i

describe.each(EVERY_MYSQL)('%s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'promise 10: with readOnly the server is sent no statement that writes, from the first run to a lost position',
    async () => {
      await using server = await startMysql({ version, settings: { general_log: 'ON', log_output: 'TABLE' } })
      await using shop = await openPreparedShop(server)
      const [schema = ''] = shop.heartbeatTable.split('.')
      await shop.query(`REVOKE INSERT, UPDATE, DELETE ON ${shop.heartbeatTable} FROM ${quoteAccount(shop.user)}`)
      await shop.query(`INSERT INTO ${shop.heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
      const primary = { host: server.host, port: server.port }
      shop.configure({ readOnly: true, primary, heartbeat: { interval: '500ms', source: { schema } } })
      const deliver = async (id: number) => {
        await shop.query(`INSERT INTO item VALUES (${id}, 'x')`)
        await waitFor({ until: `row ${id} is delivered` }, async () => (await shop.messages()).length === id)
      }
      await shop.runToHead()
      {
        await using running = shop.start('run')
        await running.output(/"msg":"layer 2: /u)
        await deliver(1)
        // No event exists, so the row is read, and the chain of the job is checked.
        await running.output(/PULSE_JOB_SILENT/u)
        await endSessions(server, shop.user)
        await deliver(2)
        await server.kill()
        await server.start()
        await deliver(3)
        for (const command of [['status'], ['doctor'], ['plan', 'shop', '--pause', '1h'], ['offsets', 'list']]) {
          // 1: it found something, such as the silent event.
          expect([0, 1], command.join(' ')).toContain((await shop.offbeat(...command)).code)
        }
        running.stop()
        await running.ended
      }
      await shop.query("INSERT INTO item VALUES (4, 'x')")
      await purgeAll(server)
      expect((await shop.offbeat('run', '--until', 'head')).stderr).toContain('MYSQL_LOG_PURGED')

      const sent = await statementsOf(server, shop.user)
      expect(sent.filter((sql) => !READS.test(sql) || WRITES.test(sql))).toEqual([])
      expect(sent.length).toBeGreaterThan(50)
    },
  )
})

async function endSessions(server: MysqlServer, user: string): Promise<void> {
  const sessions = await server.query('', 'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?', [user])
  for (const { id } of sessions) {
    // The session can have ended by itself.
    await server.query('', `KILL ${String(id)}`).catch((error: unknown) => expect(error).toMatchObject({ errno: 1094 }))
  }
}

/** All statements that the user has sent, each on one line. */
async function statementsOf(server: MysqlServer, user: string): Promise<readonly string[]> {
  const rows = await server.query(
    '',
    `SELECT CONVERT(argument USING utf8mb4) AS sql_text FROM mysql.general_log
     WHERE command_type IN ('Query', 'Execute', 'Prepare') AND user_host LIKE CONCAT(?, '[%')`,
    [user],
  )
  return rows.map((row) => String(row['sql_text']).replaceAll(/\s+/g, ' ').trim())
}

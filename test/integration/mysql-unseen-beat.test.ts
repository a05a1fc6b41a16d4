import { describe, expect, test } from 'vitest'
import type { BrokenHop } from '../../src/model/source-status.ts'
import { quoteAccount } from '../../src/sources/mysql/connect/quoting.ts'
import { MARIADB, MYSQL } from '../../src/sources/mysql/definition.ts'
import { Capture } from '../support/captured-tables.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { type WatchedMysql, watchedMysql } from '../support/mysql-watched.ts'
import { waitFor } from '../support/wait-for.ts'

async function brokenHop(capture: Capture, words: string): Promise<BrokenHop> {
  return await waitFor({ until: words, everyMs: 200 }, async () => {
    const broken = (await capture.status())?.heartbeat.source.broken ?? null
    return broken?.found.includes(words) === true ? broken : null
  })
}

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  const definition = product === 'mysql' ? MYSQL : MARIADB
  const sourceOf = (
    { name, user, password, heartbeatTable }: WatchedMysql,
    server: MysqlServer,
    more: Readonly<Record<string, unknown>> = {},
  ) => {
    const [schema = ''] = heartbeatTable.split('.')
    const heartbeat = {
      interval: '1s',
      source: { schema, ...(more['job'] === undefined ? {} : { mode: 'job', by: more['job'] }) },
    }
    const { job: _, ...entry } = more
    return mysqlSource(server, { user, password, tables: [`${name}.item`], heartbeat, ...entry })
  }

  describe.skipIf(mysqlMissing(version) !== null)(`a heartbeat that is written and not seen, ${version}`, () => {
    test.each(['binlog_ignore_db', 'binlog_do_db'])('%s leaves the heartbeat table out of the log', async (rule) => {
      await using server = await startMysql({ version })
      const database = await watchedMysql(server)
      await database.query(`INSERT INTO ${database.heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
      const [schema = ''] = database.heartbeatTable.split('.')
      await server.stop()
      server.configure({ [rule]: rule === 'binlog_do_db' ? database.name : schema })
      await server.start()
      await using capture = new Capture({ definition, config: sourceOf(database, server) })
      await capture.start()
      const hop = await brokenHop(capture, 'MYSQL_LOG_FILTERED')
      expect(hop).toMatchObject({ code: 'PULSE_NOT_SEEN', hop: 'seen' })
      expect(hop.found).toContain(`is not in its binary log: ${rule} = `)
      expect(hop.found).toContain(database.heartbeatTable)
      expect(hop.fix.map(({ text }) => text)).toEqual([
        expect.stringContaining('from the option file of the server'),
        'restart the server',
      ])
    })

    test('the session that writes it does not log (sql_log_bin), by a job outside the database', async () => {
      await using server = await startMysql({ version })
      const database = await watchedMysql(server)
      await database.query(`INSERT INTO ${database.heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
      await using capture = new Capture({
        definition,
        config: sourceOf(database, server, {
          readOnly: true,
          job: 'external',
          primary: { host: server.host, port: server.port },
        }),
      })
      await capture.start()
      await using job = await server.connect('')
      const beat = `UPDATE ${database.heartbeatTable} SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`
      // The stream begins at the end of the log, wherever that is when it starts.
      await waitFor({ until: 'it is seen', everyMs: 500 }, async () => {
        await job.query(beat)
        return (await capture.status())?.heartbeat.source.seenAt != null
      })
      await job.query('SET sql_log_bin = 0')
      const hop = await waitFor({ until: 'sql_log_bin is named', everyMs: 500 }, async () => {
        await job.query(beat)
        const broken = (await capture.status())?.heartbeat.source.broken ?? null
        return broken?.found.includes('do not log (sql_log_bin)') === true ? broken : null
      })
      expect(hop).toMatchObject({ code: 'PULSE_JOB_SILENT', hop: 'seen' })
      await job.query('SET sql_log_bin = 1')
      await waitFor({ until: 'it is seen again', everyMs: 500 }, async () => {
        await job.query(beat)
        return (await capture.status())?.heartbeat.source.broken === null
      })
    })

    test('a replica that filters it, then one that does not log what it applies', async () => {
      await using primary = await startMysql({ version })
      const database = await watchedMysql(primary)
      const { heartbeatTable, query, user } = database
      await query(`INSERT INTO ${heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
      if (product === 'mariadb') await query(`GRANT SLAVE MONITOR ON *.* TO ${quoteAccount(user)}`)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      const at = { readOnly: true, job: 'database', primary: { host: primary.host, port: primary.port } }
      const config = sourceOf(database, replica, at)
      const beat = `UPDATE ${heartbeatTable} SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`
      const [schema = ''] = heartbeatTable.split('.')
      const isMysql = product === 'mysql'
      const [stop, start] = isMysql ? ['STOP REPLICA', 'START REPLICA'] : ['STOP SLAVE', 'START SLAVE']
      const filter = isMysql
        ? `CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (${schema})`
        : `SET GLOBAL replicate_ignore_db = '${schema}'`
      for (const statement of [stop, filter, start]) await replica.query('', statement)
      const named = async (capture: Capture, code: string) =>
        await waitFor({ until: code, everyMs: 500 }, async () => {
          await query(beat)
          const broken = (await capture.status())?.heartbeat.source.broken ?? null
          return broken?.found.includes(code) === true ? broken : null
        })
      {
        await using capture = new Capture({ definition, config })
        await capture.start()
        const hop = await named(capture, 'MYSQL_REPLICATION_FILTERED')
        expect(hop).toMatchObject({ code: 'PULSE_JOB_SILENT', hop: 'seen' })
        expect(hop.fix).toContainEqual(expect.objectContaining({ text: stop, note: 'on the replica' }))
        for (const fix of hop.fix) if (fix.in === 'database') await replica.query('', fix.text)
        await waitFor({ until: 'it is seen', everyMs: 500 }, async () => {
          await query(beat)
          const source = (await capture.status())?.heartbeat.source
          return source?.seenAt != null && source.broken === null
        })
      }
      await replica.stop()
      replica.configure({ log_slave_updates: 'OFF' })
      await replica.start()
      await using capture = new Capture({ definition, config })
      await capture.start()
      const hop = await named(capture, 'MYSQL_REPLICA_NOT_LOGGED')
      expect(hop).toMatchObject({ code: 'PULSE_JOB_SILENT', hop: 'seen' })
      expect(hop.found).toContain('changes on the server that is read, and is not in its binary log')
    })
  })
}

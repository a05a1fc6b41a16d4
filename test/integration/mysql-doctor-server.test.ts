import { describe, expect, test } from 'vitest'
import { type ServerIdentity, type StoredOffset, storedOffset } from '../../src/model/offset.ts'
import type { PositionCodec } from '../../src/model/position.ts'
import type { CheckFinding } from '../../src/sources/check.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../../src/sources/mysql/position/position.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type ExaminedMysql, examinedMysql, examineNow, restart, runPrinted } from '../support/broken-mysql.ts'
import { found } from '../support/broken-server.ts'
import { type MysqlServer, mysqlMissing, sharedMysql, startMysql } from '../support/mysql.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { type WatchedMysql, watchedMysql } from '../support/mysql-watched.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  const isMysql = product === 'mysql'
  const positions = isMysql ? MYSQL_POSITIONS : MARIADB_POSITIONS
  const check = async (examined: ExaminedMysql, id: string): Promise<CheckFinding> =>
    found(await examineNow(examined), `${product}.${id}`)
  /** Runs what is printed, and waits until the check is well. */
  const fix = async (examined: ExaminedMysql, finding: CheckFinding, server: MysqlServer) => {
    expect(await runPrinted(finding, server)).not.toEqual([])
    await waitFor({ until: `${finding.id} is well` }, async () => {
      const after = (await examineNow(examined)).find(({ id }) => id === finding.id)
      // A check that no longer applies is not reported.
      return after === undefined || after.status === 'ok'
    })
  }

  describe.skipIf(mysqlMissing(version) !== null)(`the doctor on servers of ${version}`, () => {
    test('MYSQL_LOG_OFF, MYSQL_LOG_FILTERED: what only the option file changes', async () => {
      await using server = await startMysql({
        version,
        settings: { skip_log_bin: '', ...(isMysql ? { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' } : {}) },
      })
      const database = await watchedMysql(server)
      const examined = examinedMysql(database)
      const off = await check(examined, 'log-bin')
      expect(off).toMatchObject({ status: 'fail', code: 'MYSQL_LOG_OFF' })
      expect(off.fix.map(({ text }) => text)).toEqual([
        expect.stringContaining('write log_bin = binlog in the option file'),
        'restart the server',
      ])
      server.configure({ 'log-bin': 'binlog', binlog_do_db: 'another' })
      await restart(server)
      expect(await check(examined, 'log-bin')).toMatchObject({ status: 'ok' })
      const filtered = await check(examined, 'log-filters')
      expect(filtered).toMatchObject({
        status: 'fail',
        code: 'MYSQL_LOG_FILTERED',
        found: `binlog_do_db = another: the log does not have ${database.heartbeatTable}, ${database.name}.item`,
      })
      expect(filtered.fix.map(({ text }) => text)).toEqual([
        expect.stringContaining('binlog_ignore_db from the option file'),
        'restart the server',
      ])
      // The option file of a test only grows. With these rules, nothing of ours is left out.
      server.configure({ binlog_do_db: database.name })
      server.configure({ binlog_do_db: database.heartbeatTable.split('.')[0] ?? '' })
      await restart(server)
      expect(await check(examined, 'log-filters')).toMatchObject({ status: 'ok' })
    })

    test('MYSQL_REPLICA_STOPPED, MYSQL_REPLICA_BEHIND, MYSQL_REPLICA_LATE, MYSQL_REPLICATION_FILTERED, MYSQL_REPLICA_NOT_LOGGED: a replica that is read', async () => {
      await using primary = await startMysql({ version })
      const database = await watchedMysql(primary)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      const examined = examinedMysql(onServer(database, replica))
      const monitor = await check(examined, 'replication')
      if (isMysql) expect(monitor).toMatchObject({ status: 'ok' })
      else {
        expect(monitor).toMatchObject({ status: 'skip', expected: expect.stringMatching(/^GRANT SLAVE MONITOR ON/u) })
        await fix(examined, monitor, replica)
      }
      const stop = isMysql ? 'STOP REPLICA' : 'STOP SLAVE'
      await replica.query('', stop)
      const stopped = await check(examined, 'replication')
      expect(stopped).toMatchObject({ status: 'fail', code: 'MYSQL_REPLICA_STOPPED' })
      await database.query("INSERT INTO item VALUES (1, 'read from the primary')")
      const [written] = await primary.query(
        '',
        `SELECT ${isMysql ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'} AS gtids`,
      )
      const other = isMysql ? { serverUuid: 'of the primary' } : { serverId: '0', domain: '0' }
      const offset = offsetOf(positions, String(written?.['gtids']), other)
      const ahead = { ...examined, signs: { ...examined.signs, offset } }
      expect(await check(ahead, 'position')).toMatchObject({ status: 'fail', code: 'MYSQL_REPLICA_BEHIND' })
      await fix(examined, stopped, replica)
      await replica.catchUp()
      expect(await check(ahead, 'position')).toMatchObject({ status: 'ok' })

      const delay = isMysql
        ? 'CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600'
        : 'CHANGE MASTER TO MASTER_DELAY = 3600'
      await replica.query('', `${stop}; ${delay}; ${isMysql ? 'START REPLICA' : 'START SLAVE'}`)
      const late = await check(examined, 'replication')
      expect(late).toMatchObject({
        status: 'warn',
        code: 'MYSQL_REPLICA_LATE',
        found: expect.stringContaining('1h late'),
      })
      await fix(examined, late, replica)

      const filter = isMysql
        ? `CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE = ('${database.name}.it%')`
        : `SET GLOBAL replicate_wild_ignore_table = '${database.name}.it%'`
      await replica.query('', `${stop}; ${filter}; ${isMysql ? 'START REPLICA' : 'START SLAVE'}`)
      const filtered = await check(examined, 'replication-filters')
      expect(filtered).toMatchObject({
        status: 'fail',
        code: 'MYSQL_REPLICATION_FILTERED',
        found: expect.stringContaining(`${database.name}.item`),
      })
      await fix(examined, filtered, replica)

      replica.configure({ log_slave_updates: 'OFF' })
      await restart(replica)
      const unlogged = await check(examined, 'replica-log')
      expect(unlogged).toMatchObject({ status: 'fail', code: 'MYSQL_REPLICA_NOT_LOGGED' })
      expect(unlogged.fix[0]?.text).toMatch(/^write log_(replica|slave)_updates = ON in the option file/u)
      replica.configure({ log_slave_updates: 'ON' })
      await restart(replica)
      expect(await check(examined, 'replica-log')).toMatchObject({ status: 'ok' })
    })

    test('MYSQL_SERVER_ID_IN_USE: a replica with the server id of the reader, and another connector of the same name', async () => {
      await using primary = await startMysql({ version })
      const database = await watchedMysql(primary)
      const examined = examinedMysql(database)
      const before = await check(examined, 'server-id')
      if (isMysql) expect(before).toMatchObject({ status: 'ok' })
      else {
        expect(before).toMatchObject({
          status: 'skip',
          expected: expect.stringMatching(/^GRANT REPLICATION MASTER ADMIN ON/u),
        })
        await fix(examined, before, primary)
      }
      {
        await using _replica = await startMysqlReplica(primary, {
          version,
          settings: { server_id: String(examined.config.serverId) },
        })
        await waitFor(
          { until: 'the replica has registered' },
          async () => (await check(examined, 'server-id')).status === 'fail',
        )
        const clash = await check(examined, 'server-id')
        expect(clash).toMatchObject({
          code: 'MYSQL_SERVER_ID_IN_USE',
          found: expect.stringContaining('a replica has the server id'),
        })
        expect(await runPrinted(clash, primary)).toEqual([isMysql ? 'SHOW REPLICAS;' : 'SHOW PROCESSLIST;'])
      }
      /** The server notices that a reader is gone when it sends it something. */
      const isNoticed = async () => {
        await primary.query(database.name, 'REPLACE INTO item VALUES (1, NOW(6))')
        return (await check(examined, 'server-id')).status === 'ok'
      }
      await waitFor({ until: 'the replica is gone' }, isNoticed)
      await using reader = await openReader(examined.config, readingContext)
      const stop = new AbortController()
      const events = reader.read('now', stop.signal)[Symbol.asyncIterator]()
      await events.next()
      expect(await check(examined, 'server-id')).toMatchObject({
        code: 'MYSQL_SERVER_ID_IN_USE',
        found: expect.stringContaining('another connector of a source shop'),
      })
      const running = { ...examined, signs: { ...examined.signs, running: { sinceMs: Date.now() } } }
      expect(await check(running, 'server-id')).toMatchObject({ status: 'ok' })
      stop.abort()
      await reader[Symbol.asyncDispose]()
      await waitFor({ until: 'its session has ended' }, isNoticed)
    })

    test('TABLE_PATTERN_UNUSED: a table that does not exist is named, and one that is not visible is not called missing', async () => {
      await using database = await watchedMysql(await sharedMysql(version))
      const { config, ...rest } = examinedMysql(database)
      const watching = (...tables: readonly string[]) => ({ ...rest, config: { ...config, tables } })
      const typo = await check(watching(`${database.name}.itme`), 'table-patterns')
      expect(typo).toMatchObject({ status: 'warn', code: 'TABLE_PATTERN_UNUSED' })
      expect(typo.fix[0]?.text).toContain(`did you mean ${database.name}.item?`)
      expect(await check(watching(`${database.name}.item`), 'table-patterns')).toMatchObject({ status: 'ok' })

      await database.query(`REVOKE SELECT ON ${database.name}.* FROM '${database.user}';
        GRANT SELECT ON ${database.name}.item TO '${database.user}'`)
      const either = await check(watching(`${database.name}.itme`), 'table-patterns')
      expect(either).toMatchObject({ status: 'skip', code: null })
      expect(either.fix.map(({ text }) => text)).toEqual([
        expect.stringContaining(`did you mean ${database.name}.item?`),
        `GRANT SELECT ON ${database.name}.itme TO '${database.user}'@'%'`,
      ])

      const hidden = await database.server.createDatabase()
      await using _dropped = {
        [Symbol.asyncDispose]: async () => void (await database.query(`DROP DATABASE ${hidden}`)),
      }
      await database.query(`CREATE TABLE ${hidden}.orders (id int PRIMARY KEY)`)
      const grant = `GRANT SELECT ON ${hidden}.orders TO '${database.user}'@'%'`
      const both = await check(watching(`${hidden}.orders`, 'ord*'), 'table-patterns')
      // Never a grant on the whole server, which would include the password hashes.
      expect(both).toMatchObject({ status: 'skip', code: null, expected: `${grant}; offbeat setup shop --apply` })
      const examined = watching(`${hidden}.orders`)
      const unseen = await check(examined, 'table-patterns')
      expect(unseen).toMatchObject({ status: 'skip', code: null, expected: grant })
      await fix(examined, unseen, database.server)
    })

    test('what the user is not allowed to see hides nothing else, and the printed grants show it', async () => {
      await using server = await startMysql({ version })
      const database = await watchedMysql(server)
      const examined = examinedMysql(database)
      const monitor = isMysql ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'
      await database.query(`REVOKE REPLICATION SLAVE, ${monitor} ON *.* FROM '${database.user}'`)
      const findings = await examineNow(examined)
      expect(found(findings, `${product}.replication-grants`)).toMatchObject({
        code: 'DATABASE_PERMISSION',
        found: `${database.user} lacks REPLICATION SLAVE and ${monitor}`,
      })
      expect(found(findings, `${product}.log-filters`)).toMatchObject({ status: 'skip', code: null })
      for (const id of ['log-bin', 'binlog-format', 'retention', 'watched-grants', 'keys'])
        expect(found(findings, `${product}.${id}`), id).not.toMatchObject({ status: 'skip' })
      await fix(examined, found(findings, `${product}.replication-grants`), server)
      for (const finding of (await examineNow(examined)).filter(({ status }) => status === 'skip')) {
        await fix(examined, finding, server)
      }
      expect((await examineNow(examined)).filter(({ status }) => status === 'skip')).toEqual([])
    })

    test('MYSQL_LOG_RESET, DATABASE_OTHER_SERVER, MYSQL_LOG_PURGED: an offset is judged by the same inspection as in status', async () => {
      await using server = await startMysql({ version })
      const examined = examinedMysql(await watchedMysql(server))
      const positionOf = (gtids: string, from: ServerIdentity | null = null) =>
        check({ ...examined, signs: { ...examined.signs, offset: offsetOf(positions, gtids, from) } }, 'position')
      expect(await check(examined, 'position')).toMatchObject({
        status: 'ok',
        found: expect.stringContaining('none yet'),
      })
      const gtids = isMysql ? '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-7' : '77-1-5'
      expect(await positionOf(gtids)).toMatchObject({ status: 'fail', code: 'MYSQL_LOG_RESET' })
      expect(
        await positionOf(gtids, isMysql ? { serverUuid: 'another' } : { serverId: '0', domain: '0' }),
      ).toMatchObject({
        status: 'fail',
        code: 'DATABASE_OTHER_SERVER',
      })
      expect(await positionOf('empty')).toMatchObject({ status: 'ok' })
      await server.query('', 'FLUSH BINARY LOGS')
      const files = await server.query('', 'SHOW BINARY LOGS')
      // The file can be in use by the doctor's own inspection, which has just ended.
      await waitFor({ until: 'the first file is purged' }, async () => {
        await server.query('', `PURGE BINARY LOGS TO '${String(files.at(-1)?.['Log_name'])}'`)
        return (await server.query('', 'SHOW BINARY LOGS')).length === 1
      })
      const purged = await positionOf('empty')
      expect(purged).toMatchObject({ status: 'fail', code: 'MYSQL_LOG_PURGED' })
      expect(purged.fix.map(({ text }) => text)).toContain('offbeat offsets reset shop')
    })
  })
}

/** The same database on a replica of its server. */
function onServer(database: WatchedMysql, server: MysqlServer): WatchedMysql {
  const { entry, name } = database
  const url = new URL(String(entry['url']))
  url.port = String(server.port)
  return { ...database, server, entry: { ...entry, url: url.href }, query: (sql) => server.query(name, sql) }
}

describe.skipIf(mysqlMissing('mysql-9') !== null)('the doctor of an offset of GTIDs', () => {
  test('MYSQL_GTIDS_OFF: GTIDs were turned off after it was stored', async () => {
    await using server = await startMysql({ version: 'mysql-9' })
    const database = await watchedMysql(server)
    const [row] = await server.query('', 'SELECT @@GLOBAL.gtid_executed AS gtids')
    const offset = offsetOf(MYSQL_POSITIONS, String(row?.['gtids']))
    const examined = examinedMysql(database)
    const stored = { ...examined, signs: { ...examined.signs, offset } }
    const position = async () => found(await examineNow(stored), 'mysql.position')
    expect(await position()).toMatchObject({ status: 'ok' })
    await database.query("INSERT INTO item VALUES (1, 'after the offset')")
    for (const mode of ['ON_PERMISSIVE', 'OFF_PERMISSIVE', 'OFF'])
      await server.query('', `SET GLOBAL gtid_mode = ${mode}`)
    const off = await position()
    expect(off).toMatchObject({ status: 'fail', code: 'MYSQL_GTIDS_OFF' })
    expect(await runPrinted(off, server)).not.toEqual([])
    expect(await position()).toMatchObject({ status: 'ok' })
  })
})

function offsetOf(positions: PositionCodec, gtids: string, server: ServerIdentity | null = null): StoredOffset {
  const moved = { by: 'commit', why: '', atMs: 0 } as const
  return storedOffset({ position: positions.parse(gtids), server, memory: {}, moved }, positions)
}

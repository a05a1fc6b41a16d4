import { describe, expect, test } from 'vitest'
import type { LogState } from '../../src/model/log-state.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../../src/sources/mysql/position/position.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, type MysqlVersion, mysqlServerKind } from '../support/mysql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

async function inspect(
  server: MysqlServer,
  offset: Offset | null = null,
  entry: Record<string, unknown> = {},
): Promise<LogState> {
  await using probe = await openProbe(mysqlSource(server, entry), readingContext)
  return await probe.inspect(() => offset, new AbortController().signal)
}

/** An offset at the end of the log, as a reader that has read all of it stores it. */
async function offsetAtEnd(server: MysqlServer): Promise<Offset> {
  const { head, server: identity, atMs } = await inspect(server)
  if (head.position === null) throw new Error('the head has no position')
  return { position: head.position, server: identity, memory: {}, moved: { by: 'commit', why: 'a test', atMs } }
}

async function shop(server: MysqlServer): Promise<string> {
  const database = await server.createDatabase()
  await server.query(database, 'CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, x int)')
  return database
}

/** Writes and rotates until the first file is gone. */
async function purge(server: MysqlServer, database: string): Promise<void> {
  const [first] = await server.query('', 'SHOW BINARY LOGS')
  const name = String(first?.['Log_name'])
  await waitFor({ until: `${name} is purged` }, async () => {
    await server.query(database, 'INSERT INTO orders (x) VALUES (1); FLUSH BINARY LOGS')
    const files = await server.query('', 'SHOW BINARY LOGS')
    await server.query('', `PURGE BINARY LOGS TO '${String(files.at(-1)?.['Log_name'])}'`)
    return (await server.query('', 'SHOW BINARY LOGS')).every((file) => file['Log_name'] !== name)
  })
}

function resetStatement(version: MysqlVersion): string {
  return mysqlServerKind(version).product === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER'
}

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)
  const positions = product === 'mysql' ? MYSQL_POSITIONS : MARIADB_POSITIONS

  test.skipIf(absent)('the end of the log, what is retained, and an offset at the end or behind it', async () => {
    await using server = await startMysql({ version, settings: { binlog_expire_logs_seconds: '259200' } })
    const database = await shop(server)
    const offset = await offsetAtEnd(server)
    const before = await inspect(server, offset)
    expect(before).toMatchObject({
      behind: 'no',
      lagBytes: 0n,
      lagMs: 0,
      heldBytes: null,
      blockers: [],
      unseen: [],
      resume: { can: 'yes', as: 'same server' },
      limits: [{ name: 'binlog_expire_logs_seconds', unit: 'ms', keeps: 259_200_000, used: 0, certain: true }],
    })
    expect(before.head.shown).toMatch(/^binlog\.00000\d:\d+$/)

    await server.query(database, 'INSERT INTO orders (x) VALUES (1); FLUSH BINARY LOGS')
    const after = await inspect(server, offset)
    expect(after).toMatchObject({ behind: 'yes', resume: { can: 'yes' }, run: before.run })
    expect(after.writtenBytes).toBeGreaterThan(before.writtenBytes ?? 0n)
    const [limit] = after.limits
    // The file was closed after the offset was stored, and the server's times of files have whole seconds.
    expect(limit?.certain).toBe(true)
    expect(limit?.used).toBeLessThanOrEqual(after.atMs - offset.moved.atMs + 1000)
    expect(limit?.because.join('; ')).toMatch(/the offset needs binlog\.00000\d, which the server closed at/)
    expect(positions.compare(offset.position, (await offsetAtEnd(server)).position)).toBe('before')

    await server.stop()
    await server.start()
    const restarted = await inspect(server, offset)
    expect(restarted.run.system).toBe(before.run.system)
    expect(restarted.resume.can).toBe('yes')
  })

  test.skipIf(absent)(
    'a purge of unread files is a lost position that names what is missing; a purge of read files is not',
    async () => {
      await using server = await startMysql({ version })
      const database = await shop(server)
      const offset = await offsetAtEnd(server)
      await purge(server, database)
      const lost = await inspect(server, offset)
      expect(lost.resume).toMatchObject({
        can: 'no',
        code: 'MYSQL_LOG_PURGED',
        loss: { missing: { from: positions.text(offset.position) } },
        details: product === 'mysql' ? { purged: expect.stringContaining('-') } : { purgedDomain: 0 },
      })

      const current = await offsetAtEnd(server)
      await server.query('', 'FLUSH BINARY LOGS')
      await waitFor({ until: 'the files before the last are purged' }, async () => {
        const files = await server.query('', 'SHOW BINARY LOGS')
        await server.query('', `PURGE BINARY LOGS TO '${String(files.at(-1)?.['Log_name'])}'`)
        return (await server.query('', 'SHOW BINARY LOGS')).length === 1
      })
      expect((await inspect(server, current)).resume.can).toBe('yes')
    },
  )

  test.skipIf(absent)('a reset of the log is recognized though the server is the same', async () => {
    await using server = await startMysql({ version })
    const database = await shop(server)
    const offset = await offsetAtEnd(server)
    await server.query('', resetStatement(version))
    await server.query(database, 'INSERT INTO orders (x) VALUES (1)')
    const state = await inspect(server, offset)
    expect(state.server).toEqual(offset.server)
    expect(state.resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_RESET' })
  })

  test.skipIf(absent)(
    'a promoted replica goes on where the offset is in its log, and is another server where it is not',
    async () => {
      await using primary = await startMysql({ version })
      const database = await shop(primary)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      const offset = await offsetAtEnd(primary)
      await replica.promote()
      expect((await inspect(replica, offset)).resume).toMatchObject({ can: 'yes', as: 'promoted' })
      await primary.query(database, 'INSERT INTO orders (x) VALUES (1)')
      const beyond = await offsetAtEnd(primary)
      expect((await inspect(replica, beyond)).resume).toMatchObject({ can: 'no', code: 'DATABASE_OTHER_SERVER' })
    },
  )

  test.skipIf(absent)('what the user cannot see is reported with the grant, and never as missing', async () => {
    await using server = await startMysql({ version })
    await shop(server)
    await server.query('', "CREATE USER plain IDENTIFIED BY 'planted'")
    const entry = { user: 'plain', password: 'planted' }
    const offset = await offsetAtEnd(server)
    const state = await inspect(server, offset, entry)
    const grant = `GRANT ${product === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'} ON *.* TO 'plain'@'%'`
    expect(state.unseen[0]).toMatchObject({ what: 'the files of the binary log', fix: { text: grant } })
    // MySQL shows its sets of GTIDs to everybody.
    expect(state.resume).toEqual(
      product === 'mysql'
        ? expect.objectContaining({ can: 'yes' })
        : { can: 'unknown', fix: expect.objectContaining({ text: grant }) },
    )
    for (const { fix } of state.unseen) await server.query('', fix.text)
    // The files have to be visible before it is tried to read one.
    for (const { fix } of (await inspect(server, offset, entry)).unseen) {
      expect(fix.text).toContain('REPLICATION SLAVE')
      await server.query('', fix.text)
    }
    expect((await inspect(server, offset, entry)).unseen).toEqual([])
  })

  test.skipIf(absent)('a server without a binary log', async () => {
    await using server = await startMysql({
      version,
      settings:
        product === 'mysql'
          ? { skip_log_bin: '', gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' }
          : { skip_log_bin: '' },
    })
    expect((await inspect(server)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_OFF' })
  })

  test.skipIf(absent)('the retention that RDS stores is used instead of the server variable', async () => {
    await using server = await startMysql({ version })
    await server.query(
      '',
      'CREATE TABLE mysql.rds_configuration (name varchar(100), value varchar(100), description text)',
    )
    await server.query('', "INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL, '')")
    const [soon] = (await inspect(server)).limits
    expect(soon).toMatchObject({
      name: 'binlog retention hours',
      keeps: 0,
      because: expect.arrayContaining([expect.stringContaining('NULL')]),
    })
    await server.query('', "UPDATE mysql.rds_configuration SET value = '72'")
    const [set] = (await inspect(server)).limits
    expect(set).toMatchObject({ name: 'binlog retention hours', keeps: 259_200_000 })
  })

  test.skipIf(absent)('a log that is never purged by age has no such limit', async () => {
    await using server = await startMysql({ version, settings: { binlog_expire_logs_seconds: '0' } })
    const [limit] = (await inspect(server)).limits
    expect(limit).toMatchObject({ name: 'binlog_expire_logs_seconds', keeps: Number.POSITIVE_INFINITY })
  })
})

describe.skipIf(mysqlMissing('mysql-9') !== null)('MySQL without GTIDs', () => {
  test('a file and an offset: behind by bytes, purged, reset, and meaningless elsewhere', async () => {
    const settings = { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' }
    await using server = await startMysql({ version: 'mysql-9', settings })
    const database = await shop(server)
    const offset = await offsetAtEnd(server)
    expect(MYSQL_POSITIONS.text(offset.position)).toMatch(/^binlog\.\d{6}:\d+$/)
    expect(await inspect(server, offset)).toMatchObject({ behind: 'no', resume: { can: 'yes', as: 'same server' } })

    await server.query(database, 'INSERT INTO orders (x) VALUES (1)')
    const behind = await inspect(server, offset)
    expect(behind).toMatchObject({ behind: 'yes', limits: [{ used: 0 }] })
    const end = behind.head.position === null ? null : MYSQL_POSITIONS.filePositionOf(behind.head.position)
    const start = MYSQL_POSITIONS.filePositionOf(offset.position)
    expect(behind.lagBytes).toBe(BigInt((end?.offset ?? 0) - (start?.offset ?? 0)))

    await using other = await startMysql({ version: 'mysql-9', settings })
    expect((await inspect(other, offset)).resume).toMatchObject({ can: 'no', code: 'DATABASE_OTHER_SERVER' })
    await purge(server, database)
    expect((await inspect(server, offset)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_PURGED' })
    const late = await offsetAtEnd(server)
    await server.query('', resetStatement('mysql-9'))
    expect((await inspect(server, late)).resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_RESET' })
  })

  test('an offset of GTIDs cannot go on once the server writes without them', async () => {
    await using server = await startMysql({ version: 'mysql-9' })
    const database = await shop(server)
    const offset = await offsetAtEnd(server)
    await server.query(database, 'INSERT INTO orders (x) VALUES (1)')
    for (const mode of ['ON_PERMISSIVE', 'OFF_PERMISSIVE']) await server.query('', `SET GLOBAL gtid_mode = ${mode}`)
    expect((await inspect(server, offset)).resume).toMatchObject({ can: 'no', code: 'MYSQL_GTIDS_OFF' })
  })
})

import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mysqlMissing, sharedMysql, startMysql } from './mysql.ts'
import { startMysqlReplica } from './mysql-replica.ts'
import { EVERY_MYSQL, mysqlServerKind } from './mysql-versions.ts'

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)('the shared server gives each test a database of its own', async () => {
    const server = await sharedMysql(version)
    const [one, other] = await Promise.all([server.createDatabase(), server.createDatabase()])
    await server.query(one, 'CREATE TABLE mine (id int)')
    expect(await server.query(other, 'SHOW TABLES')).toEqual([])
    expect(`${server.product}-${server.version}.`).toContain(`${version}.`)
  })

  test.skipIf(absent)(
    'a server of its own survives stops and a kill with its data, and goes with its folder',
    async () => {
      await using server = await startMysql({ version })
      const url = server.url('')
      const database = await server.createDatabase()
      await server.query(database, 'CREATE TABLE kept (answer int); INSERT INTO kept VALUES (41)')
      await server.stop()
      await server.start()
      await server.query(database, 'UPDATE kept SET answer = 42')
      await server.kill()
      await expect(server.query('', 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
      await server.start()
      expect(server.url('')).toBe(url)
      expect(await server.query(database, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
      expect(server.log()).toContain('ready for connections')
      await server[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      expect(existsSync(server.dataDir)).toBe(false)
    },
  )

  test.skipIf(absent)('its binlog has rows and whole metadata, and settings of the test are over those', async () => {
    await using server = await startMysql({ version, settings: { binlog_row_image: 'MINIMAL' } })
    const sql = 'SELECT @@log_bin AS bin, @@binlog_format AS format, @@binlog_row_image AS image'
    expect(await server.query('', sql)).toEqual([{ bin: 1, format: 'ROW', image: 'MINIMAL' }])
    expect(await server.query('', 'SELECT @@binlog_row_metadata AS metadata')).toEqual([{ metadata: 'FULL' }])
  })

  test.skipIf(absent)('two servers have different identities', async () => {
    await using one = await startMysql({ version })
    await using other = await startMysql({ version })
    const sql = `SELECT @@server_id AS id${mysqlServerKind(version).product === 'mysql' ? ', @@server_uuid AS uuid' : ''}`
    const identities = await Promise.all([one, other].map((server) => server.query('', sql)))
    const values = identities.flatMap(([row]) => Object.values(row ?? {}))
    expect(new Set(values).size).toBe(mysqlServerKind(version).product === 'mysql' ? 4 : 2)
  })

  test.skipIf(absent)('a replica follows its primary, and lets clients write once it is promoted', async () => {
    await using primary = await startMysql({ version })
    const database = await primary.createDatabase()
    await primary.query(database, 'CREATE TABLE followed (id int PRIMARY KEY); INSERT INTO followed VALUES (1)')
    await using replica = await startMysqlReplica(primary, { version })
    await replica.catchUp()
    expect(await replica.query(database, 'SELECT id FROM followed')).toEqual([{ id: 1 }])
    expect(await replica.query('', 'SELECT @@read_only AS locked')).toEqual([{ locked: 1 }])
    await primary.query(database, 'INSERT INTO followed VALUES (2)')
    await replica.promote()
    expect(await replica.query('', 'SELECT @@read_only AS locked')).toEqual([{ locked: 0 }])
    await replica.query(database, 'INSERT INTO followed VALUES (3)')
    expect(await replica.query(database, 'SELECT id FROM followed ORDER BY id')).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ])
  })
})

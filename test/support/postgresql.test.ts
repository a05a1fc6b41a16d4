import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from './postgresql.ts'
import { EVERY_VERSION } from './postgresql-versions.ts'

describe.each(EVERY_VERSION)('PostgreSQL %i', (version) => {
  const absent = postgresqlMissing(version) !== null

  test.skipIf(absent)('the shared server gives each test a database of its own', async () => {
    const server = await sharedPostgresql(version)
    const [one, other] = await Promise.all([server.createDatabase(), server.createDatabase()])
    await server.query(one, 'CREATE TABLE mine (id int)')
    expect(await server.query(other, `SELECT to_regclass('mine') AS found`)).toEqual([{ found: null }])
    expect(server.version).toBe(version)
  })

  test.skipIf(absent)('a slot of a database is dropped with whoever uses it', async () => {
    const server = await sharedPostgresql(version)
    const database = await server.createDatabase()
    await server.query(database, `SELECT pg_create_logical_replication_slot('${database.slice(0, 40)}', 'pgoutput')`)
    await server.dropSlots(database)
    const left = await server.query(database, 'SELECT 1 FROM pg_replication_slots WHERE database = $1', [database])
    expect(left).toEqual([])
  })
})

test('a server of its own survives stops and a kill with its data, and goes with its folder', async () => {
  const server = await startPostgresql({ settings: { log_statement: 'all' } })
  const url = server.url('postgres')
  await server.query('postgres', 'CREATE TABLE kept AS SELECT 42 AS answer')
  await server.stop('fast')
  await server.start()
  await server.kill()
  await expect(server.query('postgres', 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
  await server.start()
  expect(server.url('postgres')).toBe(url)
  expect(await server.query('postgres', 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
  expect(server.log()).toContain('CREATE TABLE kept')
  await server[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  expect(existsSync(server.dataDir)).toBe(false)
})

test('every server is distinguished from every other by its system identifier', async () => {
  await using one = await startPostgresql()
  await using other = await startPostgresql()
  const servers = [one, other, await sharedPostgresql()]
  const sql = 'SELECT system_identifier::text FROM pg_control_system()'
  const found = await Promise.all(servers.map((server) => server.query('postgres', sql)))
  expect(new Set(found.map((rows) => rows[0]?.['system_identifier'])).size).toBe(servers.length)
})

test('a wrong password is refused', async () => {
  const server = await sharedPostgresql()
  const { Client } = (await import('pg')).default
  const client = new Client({
    host: server.host,
    port: server.port,
    user: server.user,
    password: 'wrong',
    database: 'postgres',
  })
  await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
})

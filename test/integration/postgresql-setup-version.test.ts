import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { permitted } from '../support/forbidden-statement.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { queryRows } from '../support/postgresql-query.ts'
import { versionsOf } from '../support/postgresql-versions.ts'
import { recordingContext } from '../support/recording-context.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

const TABLES = `
  CREATE TABLE orders (id int PRIMARY KEY, what text);
  CREATE TABLE secret (id int PRIMARY KEY);
  CREATE SCHEMA sales;
  CREATE TABLE sales.a (id int PRIMARY KEY)`

/** A database that its owner prepares, who may make roles, and is no superuser. */
async function ownedShop(server: PostgresServer, folder: TemporaryFolder) {
  await server.query('postgres', "CREATE ROLE dba LOGIN CREATEROLE PASSWORD 'dba'")
  await server.query('postgres', 'CREATE DATABASE shop OWNER dba')
  const url = (user: string) => `postgresql://${user}:${user}@${server.host}:${server.port}/shop`
  await queryRows(url('dba'), TABLES, [])
  const sources = { shop: { kind: 'postgresql', url: url('reader'), tables: ['public.orders'] } }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources, sink: { kind: 'sqlite' } }))
  return { url, offbeat: (...args: readonly string[]) => offbeat(folder, url('dba'), args) }
}

async function offbeat({ path: workingDirectory }: TemporaryFolder, admin: string, args: readonly string[]) {
  const context = recordingContext({ workingDirectory, environment: { OFFBEAT_ADMIN_URL: admin } })
  const code = await runProgram(commandList, args, context, '0.0.0')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text }
}

describe('offbeat setup --apply by an owner who is no superuser', () => {
  // From 16 on whoever makes a role may give it what they have themselves; 17 has MAINTAIN.
  test.for(versionsOf([16, 17]))('PostgreSQL %d: all of it, and the user may do no more', async (version) => {
    await using server = await startPostgresql({ version })
    using folder = temporaryFolder()
    const shop = await ownedShop(server, folder)
    const refused = await shop.offbeat('setup', 'shop', '--apply', '--yes')
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_PERMISSION') })
    expect(refused.stderr.replaceAll(/\s+/gu, ' ')).toContain(
      'permission denied to alter role: Only roles with the REPLICATION attribute may change the REPLICATION attribute.',
    )
    await server.query('postgres', 'ALTER ROLE dba REPLICATION')
    const applied = await shop.offbeat('setup', 'shop', '--apply', '--yes')
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    expect((await shop.offbeat('setup', 'shop', '--apply', '--yes')).stdout).toContain('Nothing is left to run.')
    const doctor = await shop.offbeat('doctor', 'shop')
    expect(doctor, doctor.stdout).toMatchObject({ code: 0 })
    expect(await permitted(shop.url('reader'))).toEqual([])
  })

  test.skipIf(postgresqlMissing(14) !== null)(
    'PostgreSQL 14: only a superuser gives REPLICATION, which is said with the statement',
    async () => {
      await using server = await startPostgresql({ version: 14 })
      using folder = temporaryFolder()
      const shop = await ownedShop(server, folder)
      const refused = await shop.offbeat('setup', 'shop', '--apply', '--yes')
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_PERMISSION') })
      expect(refused.stderr).toMatch(
        /must be superuser[\s\S]*psql: +-- in the database shop, by an administrator\s+ALTER ROLE reader WITH REPLICATION/u,
      )
      await server.query('postgres', 'ALTER ROLE reader WITH REPLICATION')
      expect(await shop.offbeat('setup', 'shop', '--apply', '--yes')).toMatchObject({ code: 0 })
    },
  )
})

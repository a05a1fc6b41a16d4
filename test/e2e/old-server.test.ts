import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MADE = `SELECT slot_name::text FROM pg_replication_slots UNION SELECT pubname::text FROM pg_publication
  UNION SELECT nspname::text FROM pg_namespace WHERE oid > 16383 UNION SELECT rolname::text FROM pg_roles WHERE oid > 16383`

test.skipIf(postgresqlMissing(13) !== null)(
  'PostgreSQL 13 is refused by run, setup --apply and doctor, warned of by init, and nothing is made there',
  async () => {
    const server = await sharedPostgresql(13)
    const database = await server.createDatabase()
    using folder = temporaryFolder()
    const url = server.url(database)
    const sources = { shop: { kind: 'postgresql', url } }
    const file = { sources, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
    writeFileSync(folder.file('offbeat.yaml'), JSON.stringify(file))
    const offbeat = (...args: readonly string[]) =>
      runOffbeat(args, { cwd: folder.path, env: { OFFBEAT_ADMIN_URL: url } })
    const run = await offbeat('run')
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('code:     DATABASE_VERSION') })
    expect(run.stderr).toMatch(/found: +version 13\n +expected: +version 14 or newer\n +do: +Upgrade the server/u)
    const setup = await offbeat('setup', 'shop', '--apply', '--yes')
    expect(setup).toMatchObject({ code: 2, stderr: expect.stringContaining('code:     DATABASE_VERSION') })
    const doctor = await offbeat('doctor', 'shop')
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringContaining('code:     DATABASE_VERSION') })
    const fix = await offbeat('doctor', 'shop', '--fix', '--yes')
    expect(fix).toMatchObject({ code: 2, stderr: expect.stringContaining('code:     DATABASE_VERSION') })
    const init = await offbeat('init', '--url', url, '--user', 'streamkap_user', folder.file('new.yaml'))
    expect(init.stdout + init.stderr).toContain('This version is too old: Offbeat reads PostgreSQL 14 and newer.')
    expect(await server.query(database, MADE)).toEqual([])
  },
)

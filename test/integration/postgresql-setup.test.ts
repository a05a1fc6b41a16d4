import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { isRequired } from '../support/environment.ts'
import { permitted } from '../support/forbidden-statement.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { queryRows } from '../support/postgresql-query.ts'
import { type RecordingContext, recordingContext } from '../support/recording-context.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

/** Whatever a password may hold: quotes, a backslash, what `replace` takes for a pattern, what a URL must encode. */
const PASSWORD = `p@:/?#%20'"\\$&$1 w`
const USER = 'streamkap_user'

let server: PostgresServer

/** Roles are the whole server's, so it is one of this file's own; it logs every statement. */
beforeAll(async () => {
  server = await startPostgresql({ settings: { log_statement: 'all', max_slot_wal_keep_size: '1GB' } })
})
afterAll(async () => server?.[Symbol.asyncDispose]())

/** A database with a few tables, and a configuration for a user that is not there yet. */
async function openShop(entry: Readonly<Record<string, unknown>> = {}, on = server) {
  const database = await on.createDatabase()
  await on.query(database, TABLES)
  const folder = temporaryFolder()
  const slot = `slot_${database}`.toLowerCase().replaceAll(/[^a-z0-9_]/gu, '_')
  const connection = { host: `${on.host}:${on.port}`, database, user: USER, password: PASSWORD }
  const shop = { kind: 'postgresql', ...connection, slot, tables: ['public.orders'], ...entry }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink: { kind: 'sqlite' } }))
  return {
    database,
    folder,
    slot,
    as: (user: string, password: string) => urlOf(on, { user, password, database }),
    sql: (text: string) => on.query(database, text),
    setup: (...args: string[]) => offbeat(folder, on.url(database), ['setup', 'shop', ...args]),
    async [Symbol.asyncDispose]() {
      await on.dropSlots(database)
      folder[Symbol.dispose]()
      await on.query('postgres', `DROP DATABASE "${database}" WITH (FORCE)`)
      // The next one begins without them; a server of a test's own goes with them.
      if (on === server) await on.query('postgres', `DROP ROLE IF EXISTS ${USER}; DROP ROLE IF EXISTS streamkap_role`)
    },
  }
}

const TABLES = `
  CREATE TABLE orders (id int PRIMARY KEY, what text);
  CREATE TABLE secret (id int PRIMARY KEY, what text);
  CREATE SCHEMA sales;
  CREATE TABLE sales.a (id int PRIMARY KEY);
  CREATE TABLE sales."Odd %_!'$each$" (id int PRIMARY KEY);
  CREATE TABLE sales.parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE sales.parts_1 PARTITION OF sales.parts FOR VALUES FROM (0) TO (10)`

function urlOf(on: PostgresServer, to: { user: string; password: string; database: string }): string {
  const [user, password, database] = [to.user, to.password, to.database].map(encodeURIComponent)
  return `postgresql://${user}:${password}@${on.host}:${on.port}/${database}`
}

async function offbeat(folder: TemporaryFolder, adminUrl: string, args: readonly string[]): Promise<Ran> {
  const context = recordingContext({
    workingDirectory: folder.path,
    environment: { OFFBEAT_ADMIN_URL: adminUrl },
  })
  const agreed = args.includes('--apply') ? ['--yes'] : []
  return ran(context, await runProgram(commandList, [...args, ...agreed], context, '0.0.0'))
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function ran({ stdout, stderr }: RecordingContext, code: number): Ran {
  return { code, stdout: stdout.text, stderr: stderr.text }
}

/** All that a set-up could change, with the row's version. */
async function fingerprint(database: string): Promise<unknown> {
  const roles = await server.query(database, 'SELECT rolname, rolreplication, rolpassword FROM pg_authid ORDER BY 1')
  const members = await server.query(
    database,
    'SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members',
  )
  const classes = await server.query(database, 'SELECT oid, xmin, relname FROM pg_class WHERE oid > 16383 ORDER BY 1')
  const published = await server.query(database, 'SELECT oid, xmin, pubname FROM pg_publication')
  return { roles, members, classes, published }
}

describe.skipIf(postgresqlMissing() !== null)('offbeat setup', () => {
  it('promise 10: a source that only reads is prepared by the administrator, whose session writes', async () => {
    await using shop = await openShop({ readOnly: true, heartbeat: { source: 'off' } })
    const applied = await shop.setup('--apply')
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    expect(applied.stdout).toContain('done: user')
    const [role] = await shop.sql(`SELECT rolconfig::text FROM pg_roles WHERE rolname = '${USER}'`)
    expect(role).toEqual({ rolconfig: null })
  })

  it('promise 14: setup prints and changes nothing; applying shows all of it before it does any', async () => {
    await using shop = await openShop()
    const before = await fingerprint(shop.database)
    const printed = await shop.setup()
    expect(printed.code).toBe(0)
    expect(await fingerprint(shop.database)).toEqual(before)
    // An administrator who may do nothing: all was shown, and the first statement failed.
    await server.query(shop.database, "CREATE ROLE weak LOGIN PASSWORD 'weak'")
    const weak = await offbeat(shop.folder, shop.as('weak', 'weak'), ['setup', 'shop', '--apply'])
    await server.query(shop.database, 'DROP ROLE weak')
    expect(weak.code).toBe(2)
    expect(weak.stdout).toContain('ALTER PUBLICATION streamkap_pub ADD TABLE streamkap.streamkap_heartbeat;')
    expect(weak.stderr).toMatch(/the step user failed/u)
    expect(await fingerprint(shop.database)).toEqual(before)
    const applied = await shop.setup('--apply')
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    const shown = applied.stdout.slice(0, applied.stdout.indexOf('done: '))
    expect(shown).toContain('ALTER PUBLICATION streamkap_pub ADD TABLE streamkap.streamkap_heartbeat;')
    expect(applied.stdout).toContain('done: heartbeat-published')
  })

  it('promise 12: a password is in nothing that is printed, nor in the log of the server', async () => {
    await using shop = await openShop()
    const runs = [await shop.setup(), await shop.setup('--json'), await shop.setup('--apply')]
    expect(runs[0]?.stdout).toContain("CREATE USER streamkap_user PASSWORD '<password>';")
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    // Nor does the administrator's URL, also where it is of no use.
    const unparsable = `${server.url(shop.database)}?hush=hush`
    for (const url of [unparsable, shop.as('postgres', 'hush'), 'hush']) {
      const refused = await offbeat(shop.folder, url, ['setup', 'shop', '--apply'])
      expect(refused.code).toBe(2)
      runs.push(refused)
    }
    for (const { stdout, stderr } of runs) {
      for (const secret of [PASSWORD.slice(0, 8), server.password, 'hush'])
        expect(stdout + stderr).not.toContain(secret)
    }
    expect(server.log()).toContain('CREATE USER streamkap_user PASSWORD')
    expect(server.log()).not.toContain(PASSWORD.slice(0, 8))
    // Set all the same, exactly.
    const rows = await queryRows(shop.as(USER, PASSWORD), 'SELECT current_user::text AS me', [])
    expect(rows).toEqual([{ me: USER }])
  })

  it('a password that is not plain ASCII, or for a service that takes no verifier, is quoted safely', async () => {
    const odd = `ü'\\'; DROP ROLE x; --`
    await using shop = await openShop({ password: odd })
    expect((await shop.setup('--apply')).code).toBe(0)
    expect(await queryRows(shop.as(USER, odd), 'SELECT 1 AS one', [])).toEqual([{ one: 1 }])
    await server.query(shop.database, `ALTER ROLE ${USER} RENAME TO other; DROP OWNED BY other; DROP ROLE other`)
    const cloud = await shop.setup('--apply', '--variant', 'cloud-sql')
    expect(cloud, cloud.stderr).toMatchObject({ code: 0 })
    expect(await queryRows(shop.as(USER, odd), 'SELECT 1 AS one', [])).toEqual([{ one: 1 }])
  })

  it('without a password for the new user nothing is done; one from the environment is taken, and tried', async () => {
    await using shop = await openShop({ password: undefined })
    const before = await fingerprint(shop.database)
    expect((await shop.setup('--apply')).stderr).toContain('SETUP_PASSWORD_MISSING')
    expect(await fingerprint(shop.database)).toEqual(before)
    const environment = { OFFBEAT_ADMIN_URL: server.url(shop.database), OFFBEAT_SETUP_PASSWORD: PASSWORD }
    const context = recordingContext({ workingDirectory: shop.folder.path, environment })
    expect(await runProgram(commandList, ['setup', 'shop', '--apply', '--yes'], context, '0.0.0')).toBe(0)
    expect(context.stdout.text).toContain('the source has no `password`')
    expect(context.stdout.text + context.stderr.text).not.toContain(PASSWORD.slice(0, 8))
  })

  it('applied twice it is harmless, and the second time says that all is there', async () => {
    await using shop = await openShop({ tables: [], exclude: ['secret'] })
    expect((await shop.setup('--apply')).code).toBe(0)
    const before = await fingerprint(shop.database)
    const again = await shop.setup('--apply')
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('Nothing is left to run.')
    expect(await fingerprint(shop.database)).toEqual(before)
    const document = JSON.parse((await shop.setup('--apply', '--json')).stdout)
    expect(document).toMatchObject({ version: 1, source: 'shop', ok: true, login: null })
    const steps: { id: string; state: string; done: boolean }[] = document.steps
    expect(steps.filter(({ state }) => state !== 'there').map(({ id }) => id)).toEqual(['sight', 'slot'])
  })

  it('what is printed can be pasted: it prepares the database as applying does', async () => {
    await using shop = await openShop({ tables: ['orders', 'sales.*'] })
    const { stdout } = await shop.setup()
    expect(stdout).toMatch(new RegExp(`^\\\\connect "?${shop.database}"?$`, 'mu'))
    const script = stdout.replaceAll(/^\\connect .*$/gmu, '').replaceAll('<password>', PASSWORD.replaceAll("'", "''"))
    await shop.sql(script)
    const applied = await shop.setup('--apply')
    expect(applied.stdout).toContain('Nothing is left to run.')
    const tables = await shop.sql("SELECT schemaname || '.' || tablename AS t FROM pg_publication_tables ORDER BY 1")
    expect(tables.map(({ t }) => t)).toEqual([
      'public.orders',
      `sales.Odd %_!'$each$`,
      'sales.a',
      'sales.parts_1',
      'streamkap.streamkap_heartbeat',
    ])
  })

  it('patterns with the signs of LIKE mean what they mean to the connector', async () => {
    await using shop = await openShop({ tables: ['sales."Odd %_!\'$each$"', 'sales.p*_1', '*crets', 'sales.O* %_!*'] })
    expect((await shop.setup('--apply')).code).toBe(0)
    const tables = await shop.sql(
      "SELECT tablename FROM pg_publication_tables WHERE schemaname <> 'streamkap' ORDER BY 1",
    )
    expect(tables.map(({ tablename }) => tablename)).toEqual([`Odd %_!'$each$`, 'parts_1'])
  })

  it('a table whose updates would be refused stops it before anything is changed, and the printed fix works', async () => {
    await using shop = await openShop({ tables: [] })
    await shop.sql('CREATE TABLE "No Key" (x int)')
    const before = await fingerprint(shop.database)
    const blocked = await shop.setup('--apply')
    expect(blocked.code).toBe(1)
    expect(blocked.stdout).toContain('Nothing was changed')
    expect(await fingerprint(shop.database)).toEqual(before)
    expect(blocked.stdout).toContain('found: public."No Key": it has no primary key')
    await shop.sql(/^ +(?:psql: )?(ALTER TABLE .*;)$/mu.exec(blocked.stdout)?.[1] ?? '')
    expect((await shop.setup('--apply')).code).toBe(0)
    await shop.sql('INSERT INTO "No Key" VALUES (1); UPDATE "No Key" SET x = 2')
    expect(await shop.sql('SELECT puballtables FROM pg_publication')).toEqual([{ puballtables: true }])
  })

  it('tables that the server would refuse to change are not published, however the key is missing', async () => {
    await using shop = await openShop({ tables: ['public.*'] })
    await shop.sql(`
      CREATE TABLE a (id int PRIMARY KEY DEFERRABLE INITIALLY IMMEDIATE, n int);
      CREATE TABLE b (id int PRIMARY KEY, code int NOT NULL, n int); CREATE UNIQUE INDEX bi ON b (code);
      ALTER TABLE b REPLICA IDENTITY USING INDEX bi; DROP INDEX bi;
      CREATE TABLE c (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
      CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (1000); ALTER TABLE c1 REPLICA IDENTITY NOTHING;
      CREATE TABLE e (at int, n int) PARTITION BY RANGE (at); CREATE TABLE e1 PARTITION OF e FOR VALUES FROM (0) TO (1000);
      CREATE TABLE g (id int, twice int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY, n int)`)
    const before = await fingerprint(shop.database)
    const blocked = await shop.setup('--apply')
    expect(blocked.code).toBe(1)
    for (const found of [
      'public.a: its primary key is deferrable',
      'public.b: the index',
      'public.c1: ',
      'public.e1: ',
      'public.g: ',
    ])
      expect(blocked.stdout).toContain(`found: ${found}`)
    expect(await fingerprint(shop.database)).toEqual(before)
    // The doctor does not publish them either.
    await shop.sql('CREATE PUBLICATION streamkap_pub')
    await offbeat(shop.folder, server.url(shop.database), ['doctor', 'shop', '--fix', '--yes'])
    expect(await shop.sql("SELECT FROM pg_publication_tables WHERE tablename IN ('a', 'b', 'c1', 'e1', 'g')")).toEqual(
      [],
    )
  })

  it('a misspelt table is refused with the nearest one, before anything is changed', async () => {
    await using shop = await openShop({
      tables: ['public.ordres', 'public.orders', 'saels.a', 'sales.nothing_like_it'],
    })
    const before = await fingerprint(shop.database)
    const blocked = await shop.setup('--apply')
    expect(blocked.code).toBe(1)
    expect(blocked.stdout).toContain('found: public.ordres: no such table; did you mean public.orders?')
    expect(blocked.stdout).toContain('found: saels.a: no such table; did you mean sales.a?')
    expect(blocked.stdout).toMatch(/found: sales\.nothing_like_it: no such table$/mu)
    expect(blocked.stdout).not.toContain('found: public.orders:')
    expect(await fingerprint(shop.database)).toEqual(before)
  })

  it('a slot of another database, or a physical one, is refused with a name of its own', async () => {
    await using other = await openShop()
    await other.sql(`SELECT pg_create_logical_replication_slot('${other.slot}', 'pgoutput')`)
    await using shop = await openShop({ slot: other.slot })
    const before = await fingerprint(shop.database)
    const blocked = await shop.setup('--apply')
    expect(blocked.code).toBe(1)
    expect(blocked.stdout.replaceAll(/\s+/gu, ' ')).toContain(
      `the slot ${other.slot} is of the database ${other.database}`,
    )
    expect(blocked.stdout.replaceAll(/\s+/gu, ' ')).toMatch(/do: give the source its own slot: `slot: streamkap_\w+`/u)
    expect(await fingerprint(shop.database)).toEqual(before)
    await server.dropSlots(other.database)
    await other.sql(`SELECT pg_create_physical_replication_slot('${other.slot}')`)
    expect((await shop.setup('--apply')).stdout).toContain(`the slot ${other.slot} is a physical one`)
    await other.sql(`SELECT pg_drop_replication_slot('${other.slot}')`)
  })

  it('promise 14: applying asks before it changes anything, and needs --yes where there is no terminal', async () => {
    await using shop = await openShop()
    const before = await fingerprint(shop.database)
    const url = server.url(shop.database)
    const asked: string[] = []
    const answering = (answer: string) =>
      recordingContext({
        workingDirectory: shop.folder.path,
        environment: { OFFBEAT_ADMIN_URL: url },
        ask: async (question) => {
          asked.push(question)
          return answer
        },
      })
    const without = recordingContext({ workingDirectory: shop.folder.path, environment: { OFFBEAT_ADMIN_URL: url } })
    const apply = ['setup', 'shop', '--apply']
    expect(await runProgram(commandList, apply, without, '0.0.0')).toBe(2)
    expect(without.stderr.text).toContain('Not run: confirm with --yes.')
    expect(await runProgram(commandList, apply, answering('no'), '0.0.0')).toBe(1)
    expect(await fingerprint(shop.database)).toEqual(before)
    expect(await runProgram(commandList, apply, answering('yes'), '0.0.0')).toBe(0)
    expect(asked).toHaveLength(2)
  })

  it('a publication that lists its tables gets the heartbeat table, also where all are watched', async () => {
    await using shop = await openShop({ tables: [] })
    await shop.sql('CREATE PUBLICATION streamkap_pub FOR TABLE orders')
    const { stdout } = await shop.setup()
    expect(stdout).toContain('-- Only where the publication already existed')
    const applied = await shop.setup('--apply')
    expect(applied).toMatchObject({ code: 0 })
    const tables = await shop.sql('SELECT tablename FROM pg_publication_tables ORDER BY 1')
    expect(tables.map(({ tablename }) => tablename)).toEqual(['orders', 'streamkap_heartbeat'])
  })

  it('the user can do what run, status and beat need, and nothing more', async () => {
    await using shop = await openShop({ heartbeat: { interval: '1s' } })
    expect((await shop.setup('--apply')).code).toBe(0)
    const cli = (...args: readonly string[]) => runOffbeat(args, { cwd: shop.folder.path })
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/slot .*was created/u)
    await shop.sql("INSERT INTO orders VALUES (1, 'tea')")
    const beat = await cli('beat', 'shop', '--wait')
    expect(beat, beat.stderr).toMatchObject({ code: 0 })
    const tail = await cli('tail', 'shop', '--topic', 'shop.public.orders', '--limit', '1')
    expect(tail.stdout).toContain('"what":"tea"')
    const status = await cli('status', '--json')
    expect(status, status.stdout).toMatchObject({ code: 0 })
    running.stop()
    expect((await running.ended).code).toBe(0)
    const url = shop.as(USER, PASSWORD)
    expect(await queryRows(url, 'SELECT what FROM orders', [])).toEqual([{ what: 'tea' }])
    expect(await permitted(url)).toEqual([])
  })

  it('a database prepared for Streamkap works unchanged', async () => {
    await using shop = await openShop({ tables: [], heartbeat: { interval: '1s' } })
    await shop.sql(`
      CREATE USER ${USER} PASSWORD '${PASSWORD.replaceAll("'", "''")}' REPLICATION;
      CREATE ROLE streamkap_role;
      GRANT streamkap_role TO ${USER};
      GRANT CONNECT ON DATABASE "${shop.database}" TO streamkap_role;
      GRANT CREATE, USAGE ON SCHEMA public TO streamkap_role;
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO streamkap_role;
      CREATE SCHEMA streamkap;
      CREATE TABLE streamkap.streamkap_heartbeat (id INT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, text TEXT,
        last_update TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
      GRANT USAGE ON SCHEMA streamkap TO streamkap_role;
      GRANT SELECT, INSERT, UPDATE, DELETE ON streamkap.streamkap_heartbeat TO streamkap_role;
      INSERT INTO streamkap.streamkap_heartbeat (text) VALUES ('test_heartbeat');
      CREATE PUBLICATION streamkap_pub FOR TABLE orders, streamkap.streamkap_heartbeat`)
    await shop.sql(`SELECT pg_create_logical_replication_slot('${shop.slot}', 'pgoutput')`)
    const cli = (...args: readonly string[]) => runOffbeat(args, { cwd: shop.folder.path })
    expect((await cli('offsets', 'set', 'shop', '--from-slot', '--yes')).code).toBe(0)
    await shop.sql("INSERT INTO orders VALUES (1, 'kept')")
    expect((await cli('beat', 'shop')).code).toBe(0)
    expect((await cli('run', '--until', 'head')).code).toBe(0)
    const tail = await cli('tail', 'shop', '--topic', 'shop.public.orders', '--limit', '1')
    expect(tail.stdout).toContain('"what":"kept"')
  })

  it('grants reach the role that sessions of the user become, and a database that is read-only by default is prepared', async () => {
    await using shop = await openShop()
    await shop.sql(`CREATE ROLE "the other"; CREATE USER ${USER} PASSWORD '${PASSWORD.replaceAll("'", "''")}'; GRANT "the other" TO ${USER};
      ALTER ROLE ${USER} IN DATABASE "${shop.database}" SET role = 'the other'`)
    try {
      await shop.sql(`ALTER ROLE ${USER} IN DATABASE "${shop.database}" SET default_transaction_read_only = off`)
      await shop.sql(`ALTER DATABASE "${shop.database}" SET default_transaction_read_only = on`)
      const applied = await shop.setup('--apply')
      expect(applied, applied.stderr).toMatchObject({ code: 0 })
      expect(applied.stdout).toContain('done: role-setting')
      expect((await shop.setup('--apply')).stdout).toContain('Nothing is left to run.')
      const cli = (...args: readonly string[]) => runOffbeat(args, { cwd: shop.folder.path })
      expect(await cli('beat', 'shop')).toMatchObject({ code: 0 })
      expect((await cli('run', '--until', 'head')).code).toBe(0)
      expect((await cli('doctor')).code).toBe(0)
    } finally {
      await server.query('postgres', `ALTER DATABASE "${shop.database}" RESET default_transaction_read_only`)
      await shop.sql('DROP OWNED BY "the other"; DROP ROLE "the other"')
    }
  })

  it('a user that is there keeps its password, and one that cannot get in is said', async () => {
    await using shop = await openShop()
    await shop.sql(`CREATE USER ${USER} PASSWORD 'another'`)
    const applied = await shop.setup('--apply')
    expect(applied.code).toBe(1)
    expect(applied.stdout).toContain('could not connect from here')
    expect(applied.stderr).toContain('DATABASE_PASSWORD_WRONG')
    expect(await queryRows(shop.as(USER, 'another'), 'SELECT 1 AS one', [])).toEqual([{ one: 1 }])
  })
})

/** Debian's package; a run that requires PostgreSQL requires it too. */
const HAS_CRON = isRequired('postgresql') || existsSync('/usr/lib/postgresql/15/lib/pg_cron.so')

const CRON = { shared_preload_libraries: 'pg_cron', 'cron.database_name': 'jobs' }

describe.skipIf(postgresqlMissing(15) !== null)('offbeat setup --read-only', () => {
  it('without pg_cron: says how to get it, changes nothing, and offers a job outside', async () => {
    await using shop = await openShop()
    const before = await fingerprint(shop.database)
    const blocked = await shop.setup('--read-only', '--apply')
    expect(blocked.code).toBe(1)
    expect(blocked.stdout).toContain('Do this yourself:')
    expect(await fingerprint(shop.database)).toEqual(before)
    const crontab = await shop.setup('--read-only', '--as', 'crontab')
    expect(crontab.stdout).toMatch(/^\* \* \* \* \* psql .*UPDATE streamkap\.streamkap_heartbeat/mu)
    expect((await shop.setup('--as', 'crontab')).stderr).toContain('connector writes them')
    expect((await shop.setup('--read-only', '--as', 'cronjob')).stdout).toContain('kind: CronJob')
    expect((await shop.setup('--read-only', '--as', 'atlas')).stderr).toContain('expected: sql, crontab, cronjob')
  })

  it.skipIf(!HAS_CRON)(
    'with pg_cron in another database: a job of the connector, seen by it, and turned on again',
    async () => {
      await using cron = await startPostgresql({ version: 15, settings: CRON })
      await using shop = await openShop({}, cron)
      await cron.query('postgres', 'CREATE DATABASE jobs')
      const wrong = await shop.setup('--read-only', '--apply')
      expect(wrong.stdout).toContain('cron.database_name is jobs')
      const printed = /add this to the command: (--scheduler-database) (\S+)$/mu.exec(wrong.stdout)?.slice(1) ?? []
      const home = ['--read-only', '--apply', ...printed]
      const applied = await shop.setup(...home)
      expect(applied, applied.stderr).toMatchObject({ code: 0 })
      const seen = () =>
        queryRows(
          urlOf(cron, { user: USER, password: PASSWORD, database: 'jobs' }),
          'SELECT jobname, schedule, database, active, command FROM cron.job',
          [],
        )
      const [job] = await seen()
      expect(job).toMatchObject({ schedule: '* * * * *', database: shop.database, active: true })
      // What the job does, as whom it does it.
      await queryRows(shop.as(USER, PASSWORD), String(job?.['command']), [])
      await cron.query('jobs', 'SELECT cron.alter_job(jobid, active => false) FROM cron.job')
      const again = await shop.setup(...home)
      expect(again.stdout.match(/^done: .*$/gmu)).toEqual(['done: job'])
      expect(await seen()).toEqual([job])
      expect((await shop.setup(...home)).stdout).toContain('Nothing is left to run.')
    },
  )
})

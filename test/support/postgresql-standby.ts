import { execFile } from 'node:child_process'
import { chownSync, readdirSync, rmSync } from 'node:fs'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LocalPostgresql } from '../../src/local-server/postgresql/local-postgresql.ts'
import { createInNewHome } from '../../src/local-server/server-home.ts'
import { spawnAs } from '../../src/local-server/unprivileged-user.ts'
import { environment } from './environment.ts'
import { overUrl, ownedParts, type PostgresServer } from './postgresql.ts'
import { testLabel } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const run = promisify(execFile)

export interface StandbyServer extends PostgresServer {
  /** Resolves when the standby has replayed all that `primary` has written up to now. */
  catchUp(): Promise<void>
  /** Resolves when the server is a primary. */
  promote(): Promise<void>
}

/**
 * Starts a streaming standby of `primary`, which must be a server that belongs to the test and have a physical slot `standby`. It can be a
 * standby itself. The standby is created by a base backup through SQL because npm's PostgreSQL does not include pg_basebackup.
 */
export async function startStandby(
  primary: PostgresServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<StandbyServer> {
  const local = await createInNewHome({ label: testLabel(), stopSignal: 'QUIT' }, async (home) => {
    const { user } = home
    const standby = new LocalPostgresql({ ...home, env: environment, binDir: primary.binDir, version: primary.version })
    await backUp(primary, standby.dataDir, async (from, to) => {
      await run('cp', ['-R', from, to], { cwd: '/', ...spawnAs(user) })
    })
    if (user !== null) chownSync(join(standby.dataDir, 'backup_label'), user.uid, user.gid)
    await appendFile(join(standby.dataDir, 'postgresql.conf'), configuration(primary, settings))
    await writeFile(join(standby.dataDir, 'standby.signal'), '')
    await standby.start()
    return standby
  })
  const url = new URL(primary.url('postgres'))
  url.port = String(local.port)
  const server: PostgresServer = { ...overUrl(url.href, primary.version), ...ownedParts(local) }
  return {
    ...server,
    catchUp: () => caughtUp(primary, server),
    promote: () => promote(server),
  }
}

async function backUp(
  primary: PostgresServer,
  dataDir: string,
  copy: (from: string, to: string) => Promise<void>,
): Promise<void> {
  await using session = await primary.connect('postgres')
  await session.query("SELECT pg_create_physical_replication_slot('standby', true)")
  await session.query("SELECT pg_backup_start('standby', true)")
  await copy(primary.dataDir, dataDir)
  const [stopped] = await session.query('SELECT labelfile FROM pg_backup_stop(false)')
  await writeFile(join(dataDir, 'backup_label'), String(stopped?.['labelfile']))
  rmSync(join(dataDir, 'postmaster.pid'), { force: true })
  const slots = join(dataDir, 'pg_replslot')
  for (const slot of readdirSync(slots)) rmSync(join(slots, slot), { recursive: true })
}

function configuration(primary: PostgresServer, settings: Readonly<Record<string, string>>): string {
  const { host, port, user, password } = primary
  const lines = {
    primary_conninfo: `host=${host} port=${port} user=${user} password=${password} dbname=postgres`,
    primary_slot_name: 'standby',
    hot_standby_feedback: 'on',
    ...settings,
  }
  return Object.entries(lines)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}

const END_OF_LOG =
  'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn'

async function caughtUp(primary: PostgresServer, standby: PostgresServer): Promise<void> {
  const [written] = await primary.query('postgres', END_OF_LOG)
  await waitFor({ until: 'the standby has replayed everything' }, async () => {
    const sql = `SELECT pg_last_wal_replay_lsn() >= '${String(written?.['lsn'])}'::pg_lsn AS done`
    return (await standby.query('postgres', sql))[0]?.['done'] === true
  })
}

export async function promote(server: PostgresServer): Promise<void> {
  await server.query('postgres', 'SELECT pg_promote()')
  await waitFor({ until: 'the server is a primary' }, async () => {
    const [row] = await server.query('postgres', 'SELECT pg_is_in_recovery() AS standby')
    return row?.['standby'] === false
  })
}

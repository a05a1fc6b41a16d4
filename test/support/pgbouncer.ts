import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts, freePort } from '../../src/local-server/free-port.ts'
import { createInNewHome } from '../../src/local-server/server-home.ts'
import { spawnAs } from '../../src/local-server/unprivileged-user.ts'
import { environment } from './environment.ts'
import type { PostgresServer } from './postgresql.ts'
import { skipWithout } from './skip-without.ts'
import { testLabel } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** A real PgBouncer in front of a server, on the loopback interface. Disposing stops it and deletes its files. */
interface Pgbouncer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

interface PgbouncerOptions {
  readonly mode: 'session' | 'transaction'
  /** The startup parameters that it ignores. It rejects all others that we send. */
  readonly ignores?: readonly string[]
  readonly users: readonly { readonly user: string; readonly password: string }[]
}

/** Skips the test if PgBouncer is not installed. */
export async function startPgbouncer(server: PostgresServer, options: PgbouncerOptions): Promise<Pgbouncer> {
  const program = ['pgbouncer', '/usr/sbin/pgbouncer'].find((name) => spawnSync(name, ['--version']).status === 0)
  if (program === undefined) return skipWithout('pgbouncer', "pgbouncer is not installed (Debian's package pgbouncer)")
  return await createInNewHome({ label: testLabel(), stopSignal: 'QUIT' }, async ({ user, folder, watchdog }) => {
    const port = await freePort()
    const log = join(folder, 'log')
    const files = { 'pgbouncer.ini': settings(server, port, options), users: users(options), log: '' }
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text, { mode: 0o600 })
      if (user !== null) chownSync(join(folder, name), user.uid, user.gid)
    }
    const child = spawn(program, ['pgbouncer.ini'], {
      cwd: folder,
      env: environment,
      stdio: 'ignore',
      ...spawnAs(user),
    })
    await once(child, 'spawn')
    watchdog.watch(child.pid ?? 0)
    await waitFor({ until: 'PgBouncer accepts connections' }, async () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${readFileSync(log, 'utf8')}`)
      return await accepts(port)
    })
    return { host: '127.0.0.1', port, [Symbol.asyncDispose]: () => watchdog.finish() }
  })
}

function settings(server: PostgresServer, port: number, { mode, ignores = [] }: PgbouncerOptions): string {
  return `[databases]
* = host=${server.host} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = users
pool_mode = ${mode}
default_pool_size = 1
logfile = log
ignore_startup_parameters = ${ignores.join(', ')}
`
}

function users(options: PgbouncerOptions): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  return options.users.map(({ user, password }) => `${quoted(user)} ${quoted(password)}\n`).join('')
}

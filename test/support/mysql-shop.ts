import { randomBytes, randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { quoteAccount, quoteName } from '../../src/sources/mysql/connect/quoting.ts'
import type { MysqlServer } from './mysql.ts'
import type { MysqlRow } from './mysql-query.ts'
import { insertOrder } from './order.ts'
import { recordingContext } from './recording-context.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  /** Without line breaks. */
  readonly stderr: string
}

/** Two databases with tables, and a configuration for a user that does not exist yet. */
export interface MysqlShop extends AsyncDisposable {
  readonly server: MysqlServer
  readonly folder: TemporaryFolder
  readonly database: string
  /** The database of the heartbeat table. */
  readonly heartbeat: string
  readonly user: string
  /** A URL of a user of the server. */
  url(user: string, password: string): string
  /** The URL of the connector's user, encrypted where its account asks for that. */
  readonly own: string
  sql(text: string): Promise<MysqlRow[]>
  /** Returns the key of its message. */
  insertOrder(): Promise<string>
  /** Runs `offbeat setup shop` with the administrator's URL in the environment, and with --yes if it applies. */
  setup(...args: readonly string[]): Promise<Ran>
  offbeat(adminUrl: string, ...args: readonly string[]): Promise<Ran>
  /** Everything that a set-up could change. */
  fingerprint(): Promise<unknown>
}

interface About {
  /** Any keys of the source, `{shop}` in its tables being the database. */
  readonly entry?: Readonly<Record<string, unknown>>
  readonly tables?: readonly string[]
  readonly password?: string
  readonly user?: string
  readonly database?: string
  readonly heartbeat?: string
}

export async function openMysqlShop(on: MysqlServer, about: About = {}): Promise<MysqlShop> {
  const label = randomBytes(4).toString('hex')
  const {
    user = `user_${label}`,
    database = `shop_${label}`,
    heartbeat = `beat_${label}`,
    password = 'planted-password',
  } = about
  const folder = temporaryFolder()
  const name = quoteName(database)
  await on.query('', `CREATE DATABASE ${name}`)
  await on.query(
    database,
    'CREATE TABLE orders (id int PRIMARY KEY, what varchar(20)); CREATE TABLE secret (id int PRIMARY KEY)',
  )
  const shop = {
    kind: on.product,
    // Until a password is in the server's cache, its login needs TLS, and the cache is empty at the start.
    tls: { mode: on.product === 'mysql' ? 'require' : 'disable' },
    // The server id is derived from the name of the source, which is the same in all tests.
    serverId: randomInt(0x8000_0000, 0xffff_ffff),
    host: `${on.host}:${on.port}`,
    user,
    password,
    tables: (about.tables ?? ['{shop}.orders']).map((entry) => entry.replace('{shop}', database)),
    heartbeat: { source: { schema: heartbeat } },
    ...about.entry,
  }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink: { kind: 'sqlite' } }))
  const url = (who: string, its: string) =>
    `${on.product}://${encodeURIComponent(who)}:${encodeURIComponent(its)}@${on.host}:${on.port}`
  const offbeat = async (adminUrl: string, ...args: readonly string[]): Promise<Ran> => {
    const context = recordingContext({ workingDirectory: folder.path, environment: { OFFBEAT_ADMIN_URL: adminUrl } })
    const code = await runProgram(commandList, args, context, '0.0.0')
    return { code, stdout: context.stdout.text, stderr: context.stderr.text.replaceAll(/\s+/gu, ' ') }
  }
  return {
    server: on,
    folder,
    database,
    heartbeat,
    user,
    url,
    own: `${url(user, password)}${on.product === 'mysql' ? '?tls' : ''}`,
    sql: (text) => on.query(database, text),
    insertOrder: () => insertOrder((text) => on.query(database, text)),
    setup: (...args) =>
      offbeat(url(on.user, on.password), 'setup', 'shop', ...args, ...(args.includes('--apply') ? ['--yes'] : [])),
    offbeat,
    fingerprint: () => fingerprint(on),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await on.query('', `DROP DATABASE ${name}; DROP DATABASE IF EXISTS ${quoteName(heartbeat)}`)
      const hosts = await on.query('', 'SELECT Host AS host FROM mysql.user WHERE User = ?', [user])
      for (const { host } of hosts) await on.query('', `DROP USER ${quoteAccount(user, String(host))}`)
    },
  }
}

/** Every change of an account, an event or a table is in the log of a server of the test's own. */
async function fingerprint(on: MysqlServer): Promise<unknown> {
  const written = on.product === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'
  return await Promise.all([on.query('', `SELECT ${written} AS written`), on.query('', 'SHOW GLOBAL VARIABLES')])
}

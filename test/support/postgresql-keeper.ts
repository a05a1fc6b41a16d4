import { delimiter } from 'node:path'
import {
  createLocalPostgresql,
  type LocalPostgresql,
  startLocalPostgresql,
} from '../../src/local-server/postgresql/local-postgresql.ts'
import { findPostgresqlBinaries } from '../../src/local-server/postgresql/postgresql-binaries.ts'
import { unprivilegedUser } from '../../src/local-server/unprivileged-user.ts'
import { fetchedPrograms } from '../../tools/fetch/fetched-server.ts'
import { environment } from './environment.ts'
import { askKeeper, KeeperSocket } from './keeper-socket.ts'
import { queryRows } from './postgresql-query.ts'
import { copyOf, TEMPLATE_SETTINGS, type Template, templateOf } from './postgresql-template.ts'
import { DEFAULT_VERSION, FETCHED_VERSION, SERVER_VERSIONS } from './postgresql-versions.ts'

/** Fetched servers are found like servers on the PATH. */
const env = {
  ...environment,
  PATH: [environment['PATH'], fetchedPrograms(`postgresql-${FETCHED_VERSION}`, environment)].join(delimiter),
}

/** What a test learns about a shared server. `url` names a database to connect to first. */
export type Answer =
  | { readonly url: string; readonly version: number; readonly dataDir: string; readonly binDir: string }
  | { readonly missing: string }

/**
 * `shared`: the server that all tests share. `template`: the cluster that a test's own servers are copied from. Without a version: the
 * default version.
 */
type Question = `shared ${number | ''}` | `template ${number}`

/**
 * Keeps the servers that all test files share, and the templates of other servers, in the main process of the run. Each is created when a
 * test first requests it.
 */
export class PostgresqlKeeper implements AsyncDisposable {
  /** The prefix of the databases that are created for the run. */
  readonly prefix: string
  readonly #servers = new Map<number, Promise<LocalPostgresql>>()
  readonly #templates = new Map<number, Promise<{ readonly of: LocalPostgresql; readonly template: Template }>>()
  readonly #named: Promise<Answer> | null
  readonly #socket: KeeperSocket

  constructor(runName: string) {
    this.prefix = `t_${runName}_`
    const url = environment['OFFBEAT_TEST_POSTGRESQL_URL']
    this.#named = url === undefined ? null : namedServer(url)
    this.#socket = new KeeperSocket((question) => this.#answer(question))
  }

  async listen(): Promise<number> {
    return await this.#socket.listen()
  }

  /** For each version that is not available, the reason. */
  async missing(): Promise<Record<number, string>> {
    const user = await unprivilegedUser()
    const missing: Record<number, string> = {}
    const named = await this.#named
    for (const major of SERVER_VERSIONS) {
      if (named !== null && 'version' in named && named.version === major) continue
      await findPostgresqlBinaries({ major, user, env }).catch((error: Error) => {
        missing[major] = error.message
      })
    }
    return missing
  }

  async #answer(question: string): Promise<unknown> {
    const [what, version = ''] = question.split(' ')
    const asked = version === '' ? null : Number(version)
    return what === 'template' ? await this.#template(asked ?? DEFAULT_VERSION) : await this.#shared(asked)
  }

  async #shared(asked: number | null): Promise<Answer> {
    const named = await this.#named
    if (named !== null && 'version' in named && (asked === null || asked === named.version)) return named
    const version = asked ?? DEFAULT_VERSION
    const starting = this.#servers.get(version) ?? this.#start(version)
    this.#servers.set(version, starting)
    const server = await starting
    return { url: server.url('postgres'), version: server.version, dataDir: server.dataDir, binDir: server.binDir }
  }

  async #start(version: number): Promise<LocalPostgresql> {
    const prepared = copyOf(await this.#template(version))
    // Its processes are not killed and it gets no standby, so full pages need not be written to the log.
    const settings = { full_page_writes: 'off' }
    return await startLocalPostgresql({ prepared, settings, env: environment, label: `shared-${version}` })
  }

  async #template(version: number): Promise<Template> {
    const creating = this.#templates.get(version) ?? createTemplate(version)
    this.#templates.set(version, creating)
    return (await creating).template
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket[Symbol.dispose]()
    const named = await this.#named
    if (named !== null && 'url' in named) await dropDatabases(named.url, this.prefix)
    const templates = [...this.#templates.values()].map(async (creating) => (await creating).of)
    const servers = await Promise.allSettled([...this.#servers.values(), ...templates])
    await Promise.all(
      servers.map((result) => (result.status === 'fulfilled' ? result.value[Symbol.asyncDispose]() : null)),
    )
  }
}

async function createTemplate(version: number): Promise<{ of: LocalPostgresql; template: Template }> {
  const of = await createLocalPostgresql({ version, env, settings: TEMPLATE_SETTINGS, label: `template-${version}` })
  return { of, template: templateOf(of) }
}

async function namedServer(url: string): Promise<Answer> {
  const [row] = await queryRows(url, 'SHOW server_version_num', [])
  return { url, version: Math.floor(Number(row?.['server_version_num']) / 10_000), dataDir: '', binDir: '' }
}

/** Restores a server that does not belong to the run to its original state. */
async function dropDatabases(url: string, prefix: string): Promise<void> {
  const mine = 'starts_with(%, $1)'
  const slots = `FROM pg_replication_slots WHERE ${mine.replace('%', 'database')}`
  await queryRows(url, `SELECT pg_terminate_backend(active_pid, 60000) ${slots} AND active`, [prefix])
  await queryRows(url, `SELECT pg_drop_replication_slot(slot_name) ${slots}`, [prefix])
  const names = await queryRows(url, `SELECT datname FROM pg_database WHERE ${mine.replace('%', 'datname')}`, [prefix])
  for (const { datname } of names) await queryRows(url, `DROP DATABASE "${String(datname)}" WITH (FORCE)`, [])
}

/** Called by a test file: requests the shared server from the keeper. */
export async function askShared(port: number, version: number | null): Promise<Answer> {
  const answer = await ask(port, `shared ${version ?? ''}`)
  if (typeof answer === 'object' && answer !== null && ('missing' in answer || 'url' in answer)) return answer as Answer
  throw new TypeError(`unexpected answer: ${JSON.stringify(answer)}`)
}

export async function askTemplate(port: number, version: number): Promise<Template> {
  const answer = await ask(port, `template ${version}`)
  if (typeof answer === 'object' && answer !== null && 'password' in answer) return answer as Template
  throw new TypeError(`unexpected answer: ${JSON.stringify(answer)}`)
}

async function ask(port: number, question: Question): Promise<unknown> {
  return await askKeeper(port, question)
}

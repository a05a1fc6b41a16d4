import { MongoClient } from 'mongodb'
import { type LocalMongodb, startLocalMongodb } from '../../src/local-server/mongodb/local-mongodb.ts'
import { findMongodbBinary, type MongodbProduct } from '../../src/local-server/mongodb/mongodb-binaries.ts'
import { unprivilegedUser } from '../../src/local-server/unprivileged-user.ts'
import { OffbeatError } from '../../src/model/error.ts'
import { environment } from './environment.ts'
import { askKeeper, KeeperSocket } from './keeper-socket.ts'

/** `open`: everybody is let in. `auth`: clients log in. */
export type MongodbKind = 'open' | 'auth'

/** What a test learns about a shared server. `url` names no database. */
export type MongodbAnswer = { readonly url: string } | { readonly missing: string }

export interface MongodbAvailability {
  /** null: there is no server, or its URL was given. */
  readonly product: MongodbProduct | null
  /** Why there is no server that the tests share. null: there is one. */
  readonly shared: string | null
  /** Why a test cannot start a server of its own. null: it can. */
  readonly own: string | null
}

const NAMED_ONLY = 'OFFBEAT_TEST_MONGODB_URL names the server to test with, so none is started'

/**
 * Keeps the servers that all test files share. Each is started when a test first requests it, except the one that OFFBEAT_TEST_MONGODB_URL
 * names, which then is the only one.
 */
export class MongodbKeeper implements AsyncDisposable {
  readonly #prefix: string
  readonly #url = environment['OFFBEAT_TEST_MONGODB_URL'] ?? null
  readonly #servers = new Map<MongodbKind, Promise<LocalMongodb>>()
  readonly #socket = new KeeperSocket((question) => this.#answer(question === 'auth' ? 'auth' : 'open'))

  /** `prefix`: of the databases that are created for the run. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  async listen(): Promise<number> {
    return await this.#socket.listen()
  }

  async available(): Promise<MongodbAvailability> {
    if (this.#url !== null) return { product: null, shared: null, own: NAMED_ONLY }
    try {
      const { product } = await findMongodbBinary({ user: await unprivilegedUser(), env: environment })
      return { product, shared: null, own: null }
    } catch (error) {
      const reason = error instanceof OffbeatError ? `${error.message}: ${error.found}` : String(error)
      return { product: null, shared: reason, own: reason }
    }
  }

  async #answer(kind: MongodbKind): Promise<MongodbAnswer> {
    if (this.#url !== null) return this.#named(this.#url, kind)
    const starting =
      this.#servers.get(kind) ??
      startLocalMongodb({ env: environment, auth: kind === 'auth', label: `shared-mongodb-${kind}` })
    this.#servers.set(kind, starting)
    return { url: (await starting).url('') }
  }

  #named(url: string, kind: MongodbKind): MongodbAnswer {
    if (kind === 'open' || new URL(url).username !== '') return { url }
    return { missing: 'OFFBEAT_TEST_MONGODB_URL has no user, and this test is about logins' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket[Symbol.dispose]()
    if (this.#url !== null) await dropDatabases(this.#url, this.#prefix)
    const servers = await Promise.allSettled(this.#servers.values())
    await Promise.all(
      servers.map((result) => (result.status === 'fulfilled' ? result.value[Symbol.asyncDispose]() : null)),
    )
  }
}

/** Restores a server that does not belong to the run to its original state. */
async function dropDatabases(url: string, prefix: string): Promise<void> {
  await using client = new MongoClient(url)
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
  for (const { name } of databases) if (name.startsWith(prefix)) await client.db(name).dropDatabase()
}

/** Called by a test file: requests a shared server from the keeper. */
export async function askSharedMongodb(port: number, kind: MongodbKind): Promise<MongodbAnswer> {
  const answer = await askKeeper(port, kind)
  if (typeof answer === 'object' && answer !== null && ('missing' in answer || 'url' in answer))
    return answer as MongodbAnswer
  throw new TypeError(`unexpected answer: ${JSON.stringify(answer)}`)
}

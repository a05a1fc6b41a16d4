import { createLocalMysql, type LocalMysql, startLocalMysql } from '../../src/local-server/mysql/local-mysql.ts'
import { findMysqlBinary, type MysqlProduct } from '../../src/local-server/mysql/mysql-binaries.ts'
import { unprivilegedUser } from '../../src/local-server/unprivileged-user.ts'
import { environment } from './environment.ts'
import { askKeeper, KeeperSocket } from './keeper-socket.ts'
import { copyOfMysql, type MysqlTemplate, mysqlTemplateOf } from './mysql-template.ts'
import { ALL_MYSQL, type MysqlVersion, mysqlServerKind } from './mysql-versions.ts'

/** What a test learns about a shared server. `url` names no database. */
export type MysqlAnswer =
  | { readonly url: string; readonly product: MysqlProduct; readonly version: string; readonly dataDir: string }
  | { readonly missing: string }

/** Keeps the servers that all test files share, and the templates of other servers. Each is created when a test first requests it. */
export class MysqlKeeper implements AsyncDisposable {
  readonly #servers = new Map<MysqlVersion, Promise<LocalMysql>>()
  readonly #templates = new Map<MysqlVersion, Promise<LocalMysql>>()
  readonly #socket = new KeeperSocket((question) => this.#answer(question))

  async listen(): Promise<number> {
    return await this.#socket.listen()
  }

  /** For each server that is not available, the reason. */
  async missing(): Promise<Record<string, string>> {
    const user = await unprivilegedUser()
    const found = ALL_MYSQL.map(async (name) => {
      const reason = await findMysqlBinary({ ...mysqlServerKind(name), user, env: environment }).then(
        () => null,
        String,
      )
      return reason === null ? [] : [[name, reason] as const]
    })
    return Object.fromEntries((await Promise.all(found)).flat())
  }

  async #answer(question: string): Promise<unknown> {
    const [what, name] = question.split(' ')
    const version = ALL_MYSQL.find((one) => one === name)
    if (version === undefined) throw new Error(`no such server: ${question}`)
    return what === 'template' ? await this.#template(version) : await this.#shared(version)
  }

  async #shared(version: MysqlVersion): Promise<MysqlAnswer> {
    const starting = this.#servers.get(version) ?? this.#start(version)
    this.#servers.set(version, starting)
    const server = await starting
    return { ...server.binary, url: server.url(''), dataDir: server.dataDir }
  }

  async #start(version: MysqlVersion): Promise<LocalMysql> {
    const prepared = copyOfMysql(await this.#template(version))
    const { product } = prepared.binary
    return await startLocalMysql({ product, prepared, env: environment, label: `shared-${version}` })
  }

  async #template(version: MysqlVersion): Promise<MysqlTemplate> {
    const creating =
      this.#templates.get(version) ??
      createLocalMysql({ ...mysqlServerKind(version), env: environment, label: `template-${version}` })
    this.#templates.set(version, creating)
    return mysqlTemplateOf(await creating)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket[Symbol.dispose]()
    const servers = await Promise.allSettled([...this.#servers.values(), ...this.#templates.values()])
    await Promise.all(
      servers.map((result) => (result.status === 'fulfilled' ? result.value[Symbol.asyncDispose]() : null)),
    )
  }
}

/** Called by a test file: requests a shared server from the keeper. */
export async function askSharedMysql(port: number, version: MysqlVersion): Promise<MysqlAnswer> {
  const answer = await askKeeper(port, `shared ${version}`)
  if (typeof answer === 'object' && answer !== null && ('missing' in answer || 'url' in answer))
    return answer as MysqlAnswer
  throw new TypeError(`unexpected answer: ${JSON.stringify(answer)}`)
}

export async function askMysqlTemplate(port: number, version: MysqlVersion): Promise<MysqlTemplate> {
  const answer = await askKeeper(port, `template ${version}`)
  if (typeof answer === 'object' && answer !== null && 'password' in answer) return answer as MysqlTemplate
  throw new TypeError(`unexpected answer: ${JSON.stringify(answer)}`)
}

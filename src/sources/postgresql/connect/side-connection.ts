import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from './connection.ts'
import type { ServerTarget } from './server-target.ts'
import type { SessionUse, Settings } from './session-settings.ts'

/** With several hosts, one that swallows everything must not use up the time that a look has. */
const SEVERAL_HOSTS_TIMEOUT_MS = 3000

/** Where the reader's side connection must go: to the very server that it reads. */
export function onlyHost(
  config: PostgresqlConfig,
  at: { readonly host: string; readonly port: number },
): PostgresqlConfig {
  return { ...config, connection: { ...config.connection, hosts: [{ host: at.host, port: at.port }] } }
}

/**
 * A connection beside the stream: opened when first needed, again after it broke, used by one at a time. A standby taken for want of a
 * primary is used once, so that the next use looks for the primary again.
 */
export class SideConnection implements AsyncDisposable {
  readonly #config: PostgresqlConfig
  readonly #source: string
  readonly #session: { readonly use: SessionUse; readonly settings: Settings }
  readonly #over = new AbortController()
  #connection: PostgresConnection | null = null
  /** Where the last primary was found. */
  #primary: ServerTarget | null = null
  #last: Promise<unknown> = Promise.resolve()
  readonly #idleCloseMs: number | null
  #idle: NodeJS.Timeout | null = null

  constructor(
    config: PostgresqlConfig,
    source: string,
    about: { readonly use: SessionUse; readonly settings?: Settings; readonly idleCloseMs?: number },
  ) {
    this.#config = config
    this.#source = source
    this.#session = { use: about.use, settings: about.settings ?? {} }
    this.#idleCloseMs = about.idleCloseMs ?? null
  }

  /** Runs `work` with the connection, after whoever came before. */
  async use<T>(
    signal: AbortSignal,
    work: (connection: PostgresConnection, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const until = AbortSignal.any([signal, this.#over.signal])
    const turn = this.#last.then(async () => {
      until.throwIfAborted()
      this.#stayOpen()
      try {
        return await work(await this.#open(until), until)
      } finally {
        if (this.#connection?.isFallback === true) await this.#close()
        if (this.#idleCloseMs !== null) this.#idle = setTimeout(() => this.#closeIdle(), this.#idleCloseMs)
      }
    })
    // Whoever asked gets the error; the next in line only waits for the turn to end.
    this.#last = turn.catch(() => undefined)
    return await turn
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#last
    this.#stayOpen()
    await this.#close()
  }

  #stayOpen(): void {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
  }

  /** Takes its turn like any use, so it cannot close what somebody is about to use. */
  #closeIdle(): void {
    this.#last = this.#last.then(() => this.#close())
  }

  async #close(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    await connection?.[Symbol.asyncDispose]()
  }

  async #open(signal: AbortSignal): Promise<PostgresConnection> {
    const known = this.#connection
    if (known?.isOpen === true) return known
    await this.#close()
    const several = this.#config.connection.hosts.length > 1
    const connection = await connectPostgres(beginningWith(this.#primary, this.#config), {
      source: this.#source,
      ...this.#session,
      signal,
      ...(several ? { connectTimeoutMs: SEVERAL_HOSTS_TIMEOUT_MS } : {}),
    })
    this.#connection = connection
    if (!connection.isFallback) this.#primary = connection.target
    return connection
  }
}

function beginningWith(first: ServerTarget | null, config: PostgresqlConfig): PostgresqlConfig {
  const { hosts } = config.connection
  const isFirst = ({ host, port }: { host: string; port: number }) => host === first?.host && port === first.port
  const ordered = [...hosts.filter(isFirst), ...hosts.filter((at) => !isFirst(at))]
  return { ...config, connection: { ...config.connection, hosts: ordered } }
}

import { beginningWith, type Host, type HostSession } from './host-order.ts'

/** With several hosts, one that never answers must not use up the time that an inspection has. */
const SEVERAL_HOSTS_TIMEOUT_MS = 3000

/** What a side session needs of a database's session. */
export interface SideTarget extends HostSession {
  /** false: it broke or was closed, and the next use opens another. */
  readonly isOpen: boolean
  /** The host that it is on. */
  readonly target: Host
}

export interface SideOptions<S extends SideTarget> {
  /** In the order to be tried. */
  readonly hosts: readonly Host[]
  /** Opens a session on the first of `hosts` that accepts it. `connectTimeoutMs` is for each host; absent: the database's own. */
  open(hosts: readonly Host[], about: { readonly signal: AbortSignal; readonly connectTimeoutMs?: number }): Promise<S>
  /** Closed after this time without use; absent: stays open. */
  readonly idleCloseMs?: number
}

/**
 * A session beside the stream: opened when first needed, again after it broke, used by one at a time. A fallback is used once, so that the
 * next use looks for the right server again.
 */
export class SideSession<S extends SideTarget> implements AsyncDisposable {
  readonly #options: SideOptions<S>
  readonly #over = new AbortController()
  #session: S | null = null
  /** Where the last session was that is no fallback. */
  #found: Host | null = null
  #last: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | null = null

  constructor(options: SideOptions<S>) {
    this.#options = options
  }

  /** Runs `work` with the session, after those that asked before. */
  async use<T>(signal: AbortSignal, work: (session: S, signal: AbortSignal) => Promise<T>): Promise<T> {
    const until = AbortSignal.any([signal, this.#over.signal])
    const turn = this.#last.then(async () => {
      until.throwIfAborted()
      this.#stayOpen()
      try {
        return await work(await this.#open(until), until)
      } finally {
        if (this.#session?.isFallback === true) await this.#close()
        const { idleCloseMs } = this.#options
        if (idleCloseMs !== undefined) this.#idle = setTimeout(() => this.#closeIdle(), idleCloseMs)
      }
    })
    // The caller gets the error; the next in line only waits for the turn to end.
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

  /** Takes its turn like any use, so it cannot close what another use is about to begin with. */
  #closeIdle(): void {
    this.#last = this.#last.then(() => this.#close())
  }

  async #close(): Promise<void> {
    const session = this.#session
    this.#session = null
    await session?.[Symbol.asyncDispose]()
  }

  async #open(signal: AbortSignal): Promise<S> {
    const known = this.#session
    if (known?.isOpen === true) return known
    await this.#close()
    const { hosts } = this.#options
    const session = await this.#options.open(beginningWith(this.#found, hosts), {
      signal,
      ...(hosts.length > 1 ? { connectTimeoutMs: SEVERAL_HOSTS_TIMEOUT_MS } : {}),
    })
    this.#session = session
    if (!session.isFallback) this.#found = session.target
    return session
  }
}

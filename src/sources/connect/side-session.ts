import { beginningWith, type Host, type HostSession } from './host-order.ts'

/** Shorter with several hosts: one that never answers must not use up the time of an inspection. */
const SEVERAL_HOSTS_TIMEOUT_MS = 3000

/** What a side session requires of a database's session. */
export interface SideTarget extends HostSession {
  /** false: it broke or was closed, and the next use opens a new one. */
  readonly isOpen: boolean
  /** The host to which it is connected. */
  readonly target: Host
}

export interface SideOptions<S extends SideTarget> {
  /** In the order in which they are tried. */
  readonly hosts: readonly Host[]
  /** Opens a session on the first of `hosts` that accepts it. `connectTimeoutMs` is per host; absent: the database's default. */
  open(hosts: readonly Host[], about: { readonly signal: AbortSignal; readonly connectTimeoutMs?: number }): Promise<S>
  /** The session is closed after this time without use; absent: it stays open. */
  readonly idleCloseMs?: number
}

/**
 * A session in addition to the stream. It is opened on first use, opened again after it broke, and used by one caller at a time. A session
 * on a fallback host is used only once, so that the next use tries to find the right server again.
 */
export class SideSession<S extends SideTarget> implements AsyncDisposable {
  readonly #options: SideOptions<S>
  readonly #over = new AbortController()
  #session: S | null = null
  /** The host of the last session that was not a fallback. */
  #found: Host | null = null
  #last: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | null = null

  constructor(options: SideOptions<S>) {
    this.#options = options
  }

  /** Runs `work` with the session, after all earlier callers. */
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
    // The caller gets the error. The next caller only waits for this turn to end.
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

  /** Waits for its turn like any use, so it cannot close a session that another caller is about to use. */
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

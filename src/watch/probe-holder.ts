import type { Probe } from '../sources/source.ts'

/** The connector's probe, opened on first use. If it could not be opened, the next use tries again. */
export class ProbeHolder implements AsyncDisposable {
  readonly #open: () => Promise<Probe>
  #probe: Promise<Probe> | null = null

  constructor(open: () => Promise<Probe>) {
    this.#open = open
  }

  /** `signal` cancels only this wait, because others may be waiting for the same probe. */
  async get(signal: AbortSignal | null = null): Promise<Probe> {
    signal?.throwIfAborted()
    const opening = this.#opening()
    if (signal === null) return await opening
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([opening, aborted])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #opening(): Promise<Probe> {
    if (this.#probe !== null) return this.#probe
    const opening = this.#open()
    this.#probe = opening
    // Waiting callers get the error. The next call tries again.
    opening.catch(() => {
      if (this.#probe === opening) this.#probe = null
    })
    return opening
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#probe
    this.#probe = null
    // The callers that requested the probe already have the error.
    const probe = await opening?.catch(() => null)
    await probe?.[Symbol.asyncDispose]()
  }
}

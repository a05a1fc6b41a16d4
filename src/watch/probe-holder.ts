import type { Probe } from '../sources/source.ts'

/** The connector's probe, opened when first needed; one that could not be opened is tried again at the next need. */
export class ProbeHolder implements AsyncDisposable {
  readonly #open: () => Promise<Probe>
  #probe: Promise<Probe> | null = null

  constructor(open: () => Promise<Probe>) {
    this.#open = open
  }

  /** `signal` ends this waiting alone: others may wait for the same opening. */
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
    // Those who wait get the error; the next call tries again.
    opening.catch(() => {
      if (this.#probe === opening) this.#probe = null
    })
    return opening
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#probe
    this.#probe = null
    // Those who asked for what could not be opened have its error.
    const probe = await opening?.catch(() => null)
    await probe?.[Symbol.asyncDispose]()
  }
}

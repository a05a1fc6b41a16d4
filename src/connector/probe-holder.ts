import type { Probe } from '../sources/source.ts'

/** The connector's probe, opened when first needed; one that could not be opened is tried again at the next need. */
export class ProbeHolder implements AsyncDisposable {
  readonly #open: () => Promise<Probe>
  #probe: Promise<Probe> | null = null

  constructor(open: () => Promise<Probe>) {
    this.#open = open
  }

  async get(): Promise<Probe> {
    this.#probe ??= this.#open()
    try {
      return await this.#probe
    } catch (error) {
      this.#probe = null
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#probe
    this.#probe = null
    // What could not be opened has told its error to whoever asked for it.
    const probe = await opening?.catch(() => null)
    await probe?.[Symbol.asyncDispose]()
  }
}

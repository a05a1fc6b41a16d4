import type { Audited } from './audited.ts'
import { seededRandom } from './seeded-random.ts'
import { letPass, waitFor } from './wait-for.ts'

interface WriterOptions {
  readonly connections?: number
  readonly seed?: number
  /** At most, in a row. */
  readonly bytes?: number
  /** The pause between two transactions of one connection. */
  readonly restMs?: number
}

/**
 * Several connections that write interleaved transactions of inserts, updates and deletes to an audited table until stopped. A connection that
 * loses its server connects again. Disposing stops them.
 */
export class SteadyWriters implements AsyncDisposable {
  readonly #audited: Audited
  readonly #restMs: number
  readonly #bytes: number
  readonly #random: () => number
  readonly #done: Promise<unknown>
  #stopped = false
  #transactions = 0

  constructor(audited: Audited, { connections = 3, seed = 1, restMs = 10, bytes = 200 }: WriterOptions = {}) {
    this.#audited = audited
    this.#restMs = restMs
    this.#bytes = bytes
    this.#random = seededRandom(seed)
    this.#done = Promise.all(Array.from({ length: connections }, () => this.#write()))
  }

  /** Waits until this many more transactions have been committed. */
  async more(transactions: number): Promise<void> {
    const until = this.#transactions + transactions
    await waitFor({ until: `${transactions} more transactions are written` }, () => this.#transactions >= until)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#writeWhileConnected()
      } catch {
        // Errors are expected because these tests disturb the server. The server itself shows what was committed.
        await letPass(20)
      }
    }
  }

  async #writeWhileConnected(): Promise<void> {
    await using writer = await this.#audited.connect()
    while (!this.#stopped) {
      await writer.transaction(1 + Math.floor(this.#random() * 30), Math.floor(this.#random() * this.#bytes))
      this.#transactions++
      await letPass(this.#restMs * (0.5 + this.#random()))
    }
  }
}

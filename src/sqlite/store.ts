import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { OffsetStore, Sink } from '../sinks/sink.ts'
import type { Retain } from './retention.ts'
import { STORE_MESSAGE_LIMIT } from './schema.ts'
import { StoreLane } from './store-lane.ts'
import { StoreReader } from './store-reader.ts'
import { StoreWorkerClient } from './store-worker-client.ts'

export interface StoreOptions {
  readonly path: string
  /** The command line shown to a second process. No secrets. */
  readonly command: string
  /** The URL of this process's HTTP API, for a process that asks who owns the store. */
  readonly api?: string | null
  /** The sources whose connectors this process runs, for the same purpose. */
  readonly sources?: readonly string[]
  readonly retain: Retain
  /** The maximum size of the file; null: no limit but the disk. */
  readonly maxBytes: number | null
  readonly clock: Clock
  readonly log: Logger
}

const TIDY_INTERVAL_MS = 60_000

/**
 * The one SQLite file with topics, offsets and journal, owned by this process until disposed. All writing happens in a worker, so no
 * commit, checkpoint or deletion blocks the event loop.
 */
export class Store implements AsyncDisposable {
  readonly #worker: StoreWorkerClient
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  readonly reader: StoreReader
  readonly journal: Journal

  private constructor(worker: StoreWorkerClient, reader: StoreReader, options: StoreOptions) {
    const { clock, log } = options
    this.#worker = worker
    this.#clock = clock
    this.reader = reader
    this.journal = {
      append: async (entries) => {
        await worker.request({ op: 'journal', entries, nowMs: clock.nowMs() })
      },
      history: reader.history,
    }
    this.#timer = setInterval(() => {
      this.tidy().catch((error: unknown) => log.warn({ error: String(error) }, 'the store could not be cleaned up'))
    }, TIDY_INTERVAL_MS)
    this.#timer.unref()
  }

  static async open(options: StoreOptions): Promise<Store> {
    const path = resolve(options.path)
    const { command, retain, maxBytes, clock, log } = options
    const { api = null, sources = [] } = options
    const owner = { pid: process.pid, host: hostname(), sinceMs: clock.nowMs(), command, api, sources }
    const worker = await StoreWorkerClient.open({ path, owner, retain, maxBytes }, log)
    try {
      return new Store(worker, StoreReader.open(path), options)
    } catch (error) {
      await worker[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Lanes for messages with their offsets. Disposing the sink leaves the store open. */
  sink(): Sink {
    return this.#lanes()
  }

  /** Lanes for offsets only, for a sink that cannot store them. Disposing it leaves the store open. */
  offsets(): OffsetStore {
    return this.#lanes()
  }

  /**
   * Sets the offset for the operator, whatever is stored. It fences the source's lane, deletes messages that are not visible, and adds a
   * row to the ledger.
   */
  async setOffset(source: string, offset: StoredOffset): Promise<void> {
    await this.#worker.request({ op: 'setOffset', source, offset })
  }

  /** Like `setOffset`, but removes the offset. */
  async resetOffset(source: string, why: string): Promise<void> {
    await this.#worker.request({ op: 'resetOffset', source, why, nowMs: this.#clock.nowMs() })
  }

  /** Starts deleting expired data. This also happens every minute by itself. */
  async tidy(): Promise<void> {
    await this.#worker.request({ op: 'tidy', nowMs: this.#clock.nowMs() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.reader[Symbol.dispose]()
    await this.#worker[Symbol.asyncDispose]()
  }

  #lanes() {
    return {
      messageLimit: STORE_MESSAGE_LIMIT,
      claim: (source: string, signal: AbortSignal): Promise<StoreLane> =>
        StoreLane.claim(this.#worker, this.#clock, source, signal),
      [Symbol.asyncDispose]: (): Promise<void> => Promise.resolve(),
    }
  }
}

import { DatabaseSync } from 'node:sqlite'
import type { ConnectorEnd } from '../../src/connector/connector.ts'
import type { SourceStatus } from '../../src/model/source-status.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import type { Store } from '../../src/sqlite/store.ts'
import { openStore } from './open-store.ts'
import { RecordedLog } from './recorded-log.ts'
import { runOnce, type TestedSource } from './run-once.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

/** A message as a reader of the store's view sees it, with key and value parsed. */
export interface CapturedMessage {
  readonly topic: string
  readonly key: Readonly<Record<string, unknown>> | null
  readonly value: Envelope
  readonly tsMs: number
  readonly position: string
}

export interface Envelope {
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  readonly source: Readonly<Record<string, unknown>>
  readonly op: string
  readonly ts_ms: number
  readonly transaction: { readonly id: string; readonly total_order: number } | null
}

/** The whole pipeline of one source, named `shop`: reader, connector, SQLite store, the store's view. Layer 2 is off unless requested. */
export class Capture implements AsyncDisposable {
  readonly log = new RecordedLog()
  readonly #source: TestedSource
  readonly #folder: TemporaryFolder = temporaryFolder()
  readonly #stop = new AbortController()
  #store: Store | null = null
  #running: Promise<ConnectorEnd> | null = null

  constructor(source: TestedSource) {
    this.#source = source
  }

  /** Returns after reading has begun: everything committed from now on is delivered. */
  static async of<Config extends SourceConfig>(
    { definition, config }: TestedSource<Config>,
    about: Partial<Config> = {},
  ): Promise<Capture> {
    const { heartbeat } = config
    const quiet = { ...heartbeat, source: { ...heartbeat.source, mode: 'off' } } as const
    const capture = new Capture({ definition, config: { ...config, heartbeat: quiet, ...about } })
    await capture.toHead()
    return capture
  }

  /** Runs the connector until everything committed so far is stored. */
  async toHead(): Promise<ConnectorEnd> {
    return await this.#run('head')
  }

  /** Runs the connector until this is disposed. */
  async start(): Promise<void> {
    await this.#open()
    this.#running = this.#run(null)
    // Disposal waits for it and gets the error.
    this.#running.catch(() => undefined)
  }

  /** The messages of tables, without layer 1 heartbeats. */
  messages(topic?: string): CapturedMessage[] {
    const all = this.#rows().map((row) => ({
      topic: String(row['topic']),
      key: row['key'] === null ? null : JSON.parse(String(row['key'])),
      value: JSON.parse(String(row['value'])),
      tsMs: Number(row['ts_ms']),
      position: String(row['position']),
    }))
    return topic === undefined ? all : all.filter((message) => message.topic === topic)
  }

  /** Key and value as raw text, with all digits. */
  texts(): { readonly topic: string; readonly key: string; readonly value: string }[] {
    return this.#rows().map(({ topic, key, value }) => ({
      topic: String(topic),
      key: String(key),
      value: String(value),
    }))
  }

  #rows() {
    using db = new DatabaseSync(this.#folder.file('offbeat.db'), { readOnly: true })
    return db.prepare("SELECT * FROM message WHERE topic <> '__offbeat_heartbeat' ORDER BY seq").all()
  }

  /** The parts that identify each message, short enough to compare. */
  changes(topic?: string): unknown[] {
    return this.messages(topic).map(({ topic: of, key, value: { op, before, after } }) => ({
      topic: of,
      key,
      op,
      before,
      after,
    }))
  }

  /** The last reported status of the connector. null: none yet. */
  async status(): Promise<SourceStatus | null> {
    return (await (await this.#open()).journal.history.status('shop'))?.status ?? null
  }

  /** The reasons why the offset moved, in words, newest first. */
  async ledger(): Promise<readonly string[]> {
    return (await (await this.#open()).journal.history.ledger('shop', 100)).map(({ why }) => why)
  }

  async #open(): Promise<Store> {
    this.#store ??= await openStore(this.#folder.file('offbeat.db'))
    return this.#store
  }

  async #run(until: 'head' | null): Promise<ConnectorEnd> {
    const store = await this.#open()
    const { signal } = this.#stop
    return await runOnce({ source: this.#source, store, log: this.log, signal, until, version: '9.9.9' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    try {
      await this.#running
    } finally {
      await this.#store?.[Symbol.asyncDispose]()
      this.#folder[Symbol.dispose]()
    }
  }
}

import { watchedSource } from '../../app/watched-source.ts'
import type { Config, ConfiguredSource, ServerConfig } from '../../config/config.ts'
import { statusAtRest } from '../../health/assessment-at-rest.ts'
import type { JournalReader } from '../../journal/journal.ts'
import { asOffbeatError, type OffbeatError } from '../../model/error.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceStatus } from '../../model/source-status.ts'
import type { HttpServer } from '../../server/http-server.ts'
import { SourceBoard, type SourceView } from '../../server/source-board.ts'
import type { Store } from '../../sqlite/store.ts'
import type { CommandContext } from '../program/command.ts'

export interface RunServerOptions {
  readonly config: Config
  /** The sources that this process runs. */
  readonly sources: readonly ConfiguredSource[]
  readonly log: Logger
  readonly context: CommandContext
}

const METRICS_MS = 3_600_000

/** The HTTP server of a run. The state of its sources is on `board`, which is also kept when HTTP is off. */
export class RunServer implements AsyncDisposable {
  readonly board: SourceBoard
  readonly #options: RunServerOptions
  #http: HttpServer | null = null
  /** Why the server could not listen. */
  #refused: OffbeatError | null = null
  #store: Store | null = null
  readonly #sinceMs: number

  private constructor(options: RunServerOptions) {
    this.#options = options
    this.board = new SourceBoard(options.sources, options.context.clock)
    this.#sinceMs = options.context.clock.nowMs()
  }

  /**
   * Listens before the store is opened, so that the store can record its owner's address. The outcome is reported by `begin`: if both the
   * address and the store are in use, the error about the process that owns the store is the more useful one.
   */
  static async open(options: RunServerOptions): Promise<RunServer> {
    const server = new RunServer(options)
    const { server: config } = options.config
    if (config === null) return server
    await server.#tryToListen(config)
    return server
  }

  /** null: HTTP is off, or could not listen. */
  get url(): string | null {
    return this.#http?.url ?? null
  }

  /**
   * Called when the store is open. Logs the HTTP address. If the server could not listen, throws the reason if the file has a `server`
   * section. Without one, another configuration may be using the default address, so the run continues without HTTP.
   */
  begin(store: Store): void {
    const { log, config } = this.#options
    this.#store = store
    if (this.#http !== null)
      log.info({ api: this.#http.url }, `answers over HTTP at ${this.#http.url}${beyond(config.server)}`)
    if (this.#refused === null) return
    if (config.server?.written === true) throw this.#refused
    const { code, message, found, expected } = this.#refused
    log.warn({ code, found, expected }, `${message} This run continues without HTTP.`)
  }

  /** Can be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http?.[Symbol.asyncDispose]()
    this.#store = null
  }

  async #tryToListen(config: ServerConfig): Promise<void> {
    try {
      await this.#listen(config)
    } catch (thrown) {
      this.#refused = asOffbeatError(thrown)
    }
  }

  async #listen(config: ServerConfig): Promise<void> {
    const { context, log, config: whole } = this.#options
    const { clock, version } = context
    const [{ HttpServer }, { Site }, { Metrics }, { EventStream }] = await Promise.all([
      import('../../server/http-server.ts'),
      import('../../server/site.ts'),
      import('../../server/metrics.ts'),
      import('../../server/event-stream.ts'),
    ])
    const { board } = this
    const site = new Site({
      board,
      metrics: new Metrics(board, { version, clock }),
      events: new EventStream(board, clock),
      clock,
      history: () => this.#store?.journal.history ?? null,
      statusAtStart: (view) => this.#statusAtStart(view),
    })
    try {
      this.#http = await HttpServer.open({ config, configPath: whole.path, site, log })
    } catch (thrown) {
      site.stop()
      throw thrown
    }
  }

  /** The status before the connector has a stream: what the store has from earlier runs, and what is known of this connector. */
  async #statusAtStart(view: SourceView): Promise<SourceStatus> {
    const { config, sources, context } = this.#options
    const nowMs = context.clock.nowMs()
    const source = sources.find(({ name }) => name === view.name)
    if (source === undefined) throw new Error(`no source ${view.name} is run`)
    const history: JournalReader | null = this.#store?.journal.history ?? null
    const last = (await history?.status(source.name)) ?? null
    return statusAtRest({
      ...watchedSource(source, config),
      nowMs,
      connector: {
        running: true,
        pid: process.pid,
        since: new Date(this.#sinceMs).toISOString(),
        reportedAt: last?.status.connector.reportedAt ?? null,
        failed: null,
        retrying: null,
      },
      stream: { state: 'starting', ageMs: Math.max(0, nowMs - this.#sinceMs), cause: causeOf(view) },
      offset: this.#store?.reader.offset(source.name) ?? null,
      state: null,
      samples: (await history?.samples(source.name, nowMs - METRICS_MS)) ?? [],
      pulses: (await history?.pulses(source.name, nowMs - METRICS_MS)) ?? [],
      lastStatus: last?.status ?? null,
    })
  }
}

function causeOf({ error }: SourceView): string | null {
  return typeof error?.['message'] === 'string' ? `${error['code']}: ${error['message']}` : null
}

/** Adds the address that it listens on. The URL that is printed is the one to use on this machine. */
function beyond(server: ServerConfig | null): string {
  return server === null || server.token === null ? '' : `, with its token; listens on ${server.host}`
}

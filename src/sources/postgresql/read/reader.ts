import { OffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { onlyHost } from '../../connect/host-order.ts'
import type { RawTap } from '../../raw-log.ts'
import type { Context, Reader } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import { besides, connectPostgres, type PostgresConnection, type SideConnection } from '../connect/connection.ts'
import { readServerFacts } from '../inspect/server-facts.ts'
import { checkAhead, checkPublication } from '../resume/slot-check.ts'
import { slotInUse } from '../resume/slot-in-use.ts'
import { explainRemoved } from '../resume/wal-removed.ts'
import type { CatalogQuery } from '../tables/catalog.ts'
import { EventFlow, hasOffset } from './event-flow.ts'
import { type Beginning, Opening } from './opening.ts'
import { RawMessages } from './raw-message.ts'
import type { ReplicationStream } from './replication.ts'
import { startStream } from './stream-start.ts'

const SIDE_IDLE_MS = 10_000

/** Logs in. Nothing is inspected, created or read from a slot before `read`. */
export async function openReader(
  config: PostgresqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
  tap: RawTap | null = null,
): Promise<Reader> {
  const replication = await connectPostgres(config, { source: context.source, use: 'log', signal })
  return new PostgresqlReader(config, context, replication, tap)
}

class PostgresqlReader implements Reader {
  readonly #configured: PostgresqlConfig
  /** The configuration with only the host that is read. */
  readonly #config: PostgresqlConfig
  readonly #context: Context
  readonly #replication: PostgresConnection
  readonly #raw: RawMessages | null
  readonly #side: SideConnection
  #opening: Opening | null = null
  #stream: ReplicationStream | null = null
  /** The newest offset that was yielded. A connector delivers up to it before it stops for good. */
  #given: Offset | null = null
  /** Acknowledgements that came before the stream began. */
  readonly #early: { readonly position: Position; readonly onSent: () => void }[] = []

  constructor(config: PostgresqlConfig, context: Context, replication: PostgresConnection, tap: RawTap | null) {
    this.#raw = tap === null ? null : new RawMessages(tap)
    this.#configured = config
    this.#config = onlyHost(config, replication.target)
    this.#context = context
    this.#replication = replication
    this.#side = besides(this.#config, context.source, { use: 'inspect', idleCloseMs: SIDE_IDLE_MS })
  }

  async *read(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    try {
      for await (const events of this.#events(from, signal)) {
        this.#given = events.findLast(hasOffset)?.offset ?? this.#given
        yield events
      }
    } catch (error) {
      if (!signal.aborted) throw await this.#explained(error, from, signal)
    }
  }

  acknowledge(offset: Offset, onSent: () => void): void {
    if (this.#stream === null) this.#early.push({ position: offset.position, onSent })
    else this.#stream.acknowledge(offset.position, onSent)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#stream?.[Symbol.asyncDispose](),
      this.#replication[Symbol.asyncDispose](),
      this.#side[Symbol.asyncDispose](),
      this.#opening?.watch?.[Symbol.asyncDispose](),
    ])
  }

  async *#events(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    const [config, context, side] = [this.#config, this.#context, this.#side]
    const query: CatalogQuery = (sql, params) =>
      side.use(signal, (open, until) => open.query(sql, params, { signal: until }))
    const about = { config, context, query, signal }
    const opening = new Opening({ ...about, configured: this.#configured, replication: this.#replication, side })
    this.#opening = opening
    const beginning = from === 'now' ? yield* opening.now() : await opening.at(from)
    const stream = await this.#begin(beginning, signal)
    yield beginning.notices
    yield* new EventFlow(stream, { ...about, beginning, watch: opening.watch, raw: this.#raw }).read()
  }

  async #begin(beginning: Beginning, signal: AbortSignal): Promise<ReplicationStream> {
    const { from } = beginning
    const about = { from, raw: false, clock: this.#context.clock, signal }
    const stream = await startStream(this.#replication, this.#config, about)
    this.#stream = stream
    for (const { position, onSent } of this.#early.splice(0)) stream.acknowledge(position, onSent)
    const interrupt = () => stream.interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    if (signal.aborted) interrupt()
    try {
      await stream.begin()
    } catch (error) {
      throw await this.#refused(error, signal)
    }
    await this.#mustBeBehind(beginning, signal)
    return stream
  }

  /** We hold the slot from here on, so the result of this check stays valid. */
  async #mustBeBehind({ offset }: Beginning, signal: AbortSignal): Promise<void> {
    const config = this.#config
    const facts = await this.#side.use(signal, (connection) => readServerFacts(connection, config, { signal }))
    const error = checkAhead({ source: this.#context.source, config, facts, offset, history: null })
    if (error !== null) throw error
  }

  /** The server reports only the name of a removed segment, and not whether a missing publication exists by now. */
  async #explained(error: unknown, from: Offset | 'now', signal: AbortSignal): Promise<unknown> {
    const isGap = error instanceof OffbeatError && error.code === 'POSTGRES_PUBLICATION_GAP'
    if (!(error instanceof OffbeatError) || (error.code !== 'POSTGRES_WAL_REMOVED' && !isGap)) return error
    const { source } = this.#context
    const offset = this.#given ?? (from === 'now' ? null : from)
    // If the inspection fails too, the stream's error is reported as it is.
    const facts = await this.#side
      .use(signal, (connection, until) => readServerFacts(connection, this.#config, { signal: until }))
      .catch(() => null)
    if (facts !== null && isGap) return checkPublication({ config: this.#configured, facts }) ?? error
    return facts === null ? error : explainRemoved(error, { source, config: this.#configured, facts, offset })
  }

  async #refused(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof OffbeatError) || error.code !== 'POSTGRES_SLOT_IN_USE') return error
    return await this.#side.use(signal, (connection) => slotInUse(connection, this.#config.slot, error, { signal }))
  }
}

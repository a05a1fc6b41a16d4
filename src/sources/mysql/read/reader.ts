import { OffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { onlyHost } from '../../connect/host-order.ts'
import type { RawTap } from '../../raw-log.ts'
import type { Context, Reader } from '../../source.ts'
import { unusedPatterns } from '../../unused-pattern.ts'
import { MYSQL_DEFAULTS, type MysqlConfig } from '../config.ts'
import { connectMysql, type MysqlConnection, type MysqlSideSession, mysqlBesides } from '../connect/connection.ts'
import { readerUuidOf, serverIdOf } from '../connect/server-id.ts'
import { positionsOf, readServerFacts } from '../inspect/server-facts.ts'
import { withGtids } from '../resume/gtids-at-position.ts'
import { hiddenTable } from '../tables/hidden-table.ts'
import type { TextQuery } from '../tables/text-query.ts'
import { readTables, tableSight } from '../tables/watched-catalog.ts'
import { beginningAt } from './beginning.ts'
import { BinlogStream } from './binlog-stream.ts'
import { DomainWatch } from './domain-watch.ts'
import { registration } from './dump-command.ts'
import { dumpStatement } from './dump-settings.ts'
import { dumpStart } from './dump-start.ts'
import { EventFlow, hasOffset } from './event-flow.ts'
import { RawEvents } from './raw-event.ts'
import { explainRefusedDump, isUnspecific } from './refused-dump.ts'
import { streamDecoder } from './stream-decoder.ts'

const SIDE_IDLE_MS = 10_000
/** The period if layer 1 heartbeats are off: short enough to notice a broken connection. */
const HEARTBEAT_MS = 10_000

/** Logs in. Nothing is checked before `read`. */
export async function openReader(
  config: MysqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
  tap: RawTap | null = null,
): Promise<Reader> {
  const log = await connectMysql(config, { source: context.source, use: 'log', signal })
  return new MysqlReader(onlyHost(config, log.target), context, log, tap)
}

class MysqlReader implements Reader {
  /** The configuration, reduced to the host that is read. */
  readonly #config: MysqlConfig
  readonly #context: Context
  readonly #log: MysqlConnection
  readonly #raw: RawEvents | null
  readonly #side: MysqlSideSession
  readonly #serverId: number
  #stream: BinlogStream | null = null
  /** The newest offset that was handed out. */
  #given: Offset | null = null

  constructor(config: MysqlConfig, context: Context, log: MysqlConnection, tap: RawTap | null) {
    this.#raw = tap === null ? null : new RawEvents(tap)
    this.#config = config
    this.#context = context
    this.#log = log
    this.#side = mysqlBesides(config, context.source, { use: 'inspect', idleCloseMs: SIDE_IDLE_MS })
    this.#serverId = serverIdOf(context.source, config)
  }

  async *read(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    this.#given = from === 'now' ? null : from
    try {
      for await (const events of this.#events(from, signal)) {
        this.#given = events.findLast(hasOffset)?.offset ?? this.#given
        yield events
      }
    } catch (error) {
      if (!signal.aborted) throw await this.#explained(error, signal)
    }
  }

  /** The server stores no position for its readers. */
  acknowledge(_offset: Offset, onSent: () => void): void {
    onSent()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#stream?.[Symbol.asyncDispose](),
      this.#log[Symbol.asyncDispose](),
      this.#side[Symbol.asyncDispose](),
    ])
  }

  async *#events(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    const facts = await readServerFacts(this.#log, signal)
    const stored = from === 'now' ? from : await withGtids(from, this.#log, signal)
    const { offset, start, replay, notices } = await beginningAt(stored, facts, this.#context, this.#log, signal)
    const dump = dumpStart(start, this.#serverId)
    const stream = await this.#begin(dump, signal)
    if (!(await stream.begin())) return
    // From a file and position on, the server does not have to search.
    if (dump.fileStart !== null) stream.expectHeartbeats()
    const query: TextQuery = (sql, values) =>
      this.#side.use(signal, (session, until) => session.query(sql, values, { signal: until }))
    const about = { config: this.#config, context: this.#context, facts, query, signal }
    const isFirst = from === 'now'
    const opened = await streamDecoder({ ...about, from: offset, start: dump.fileStart, replay, isFirst })
    yield isFirst ? [{ type: 'progress', offset: opened.from, urgent: false }] : []
    const more = [...notices, ...(await this.#unusedPatterns(signal))]
    if (more.length > 0) yield more
    const { source } = this.#context
    const positions = positionsOf(facts)
    const domains = new DomainWatch(start.by === 'mariadb gtids' ? start.gtids : null)
    yield* new EventFlow({ source, stream, decoder: opened.decoder, domains, positions, raw: this.#raw }).read()
  }

  async #unusedPatterns(signal: AbortSignal): Promise<readonly LogEvent[]> {
    const { tables, exclude } = this.#config
    if (tables.length + exclude.length === 0) return []
    return await this.#side.use(signal, async (session, until) => {
      const present = await readTables(session, until)
      const sight = await tableSight(session, this.#config, this.#context.source, until)
      return unusedPatterns(this.#config, present, MYSQL_DEFAULTS, (entry) => hiddenTable(entry, sight))
    })
  }

  async #begin({ command, connectState }: ReturnType<typeof dumpStart>, signal: AbortSignal): Promise<BinlogStream> {
    const { kind, heartbeat } = this.#config
    const heartbeatMs = heartbeat.connector?.intervalMs ?? HEARTBEAT_MS
    const uuid = readerUuidOf(this.#context.source, this.#serverId)
    const { sql, values } = dumpStatement({ kind, heartbeatMs, connectState, uuid })
    await this.#log.query(sql, values, { signal })
    const { clock } = this.#context
    const stream = new BinlogStream(this.#log.release(), this.#log.target, {
      command,
      registration: registration(`offbeat ${this.#context.source}`, this.#serverId),
      heartbeatMs,
      clock,
    })
    this.#stream = stream
    signal.addEventListener('abort', () => stream.interrupt(), { once: true })
    if (signal.aborted) stream.interrupt()
    return stream
  }

  async #explained(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof OffbeatError) || this.#stream === null || !isUnspecific(error)) return error
    const { source } = this.#context
    const about = { error, source, offset: this.#given, serverId: this.#serverId }
    // If this query fails too, the stream's error is reported unchanged.
    return await this.#side
      .use(signal, (session, until) => explainRefusedDump(session, about, until))
      .catch(() => error)
  }
}

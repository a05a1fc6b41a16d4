import { OffbeatError } from '../../../model/error.ts'
import type { CommitEvent, LogEvent, NoticeEvent, ProgressEvent } from '../../../model/log-event.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { endsTheLog, undecodable } from '../../../model/undecodable.ts'
import { onlyHost } from '../../connect/host-order.ts'
import type { RawTap } from '../../raw-log.ts'
import type { Context, Reader } from '../../source.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { besides, connectPostgres, type PostgresConnection, type SideConnection } from '../connect/connection.ts'
import { PgoutputDecoder } from '../decode/decoder.ts'
import { identityOf, lookAtServer, type ServerFacts } from '../inspect/server-facts.ts'
import type { ResumeInput } from '../resume/loss.ts'
import { checkAhead, checkFresh, checkPublication, checkResume } from '../resume/slot-check.ts'
import { createSlot } from '../resume/slot-creation.ts'
import { slotInUse } from '../resume/slot-in-use.ts'
import { checkSlotPlace, checkSynced, failoverMissing } from '../resume/standby-slot.ts'
import {
  fetchTimelineHistory,
  needsHistory,
  presentTimeline,
  type TimelineHistory,
  TimelineWatch,
  timelineAt,
} from '../resume/timeline.ts'
import { explainRemoved } from '../resume/wal-removed.ts'
import { type CatalogQuery, ServerCatalog } from '../tables/catalog.ts'
import { oldestRunning, rememberPresentKeys } from '../tables/present-keys.ts'
import { checkPublished, publishedOf } from '../tables/publication-check.ts'
import { LogMemory } from './log-memory.ts'
import { ProgressGate } from './progress-gate.ts'
import { RawMessages } from './raw-message.ts'
import type { ReplicationStream } from './replication.ts'
import { startStream } from './stream-start.ts'
import { isUnsentRow, resendUnsent, unsent } from './unconverted.ts'

const SIDE_IDLE_MS = 10_000
const COMMIT = 0x43

/** Logs in; nothing is looked at, created or taken over before `read`. */
export async function openReader(
  config: PostgresqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
  tap: RawTap | null = null,
): Promise<Reader> {
  const replication = await connectPostgres(config, {
    source: context.source,
    use: 'log',
    signal,
  })
  return new PostgresqlReader(config, context, replication, tap)
}

/** Where the stream begins, and what is reported when it has begun. */
interface Start {
  readonly offset: Offset
  readonly from: Position
  readonly server: ServerIdentity
  readonly notices: readonly NoticeEvent[]
  readonly memory: LogMemory
  /** All transactions before this one had ended when the slot was created; null: the slot is an older one. */
  readonly createdAfter: string | null
}

class PostgresqlReader implements Reader {
  /** As configured, with all its hosts: what a standby's findings are judged by. */
  readonly #configured: PostgresqlConfig
  /** The one host that we read. */
  readonly #config: PostgresqlConfig
  readonly #context: Context
  readonly #replication: PostgresConnection
  readonly #raw: RawMessages | null
  readonly #side: SideConnection
  /** Where a standby is read. */
  #watch: TimelineWatch | null = null
  #stream: ReplicationStream | null = null
  /** The newest that was given away. A connector delivers it before it stops for good. */
  #given: Offset | null = null
  /** Acknowledged before the stream began. */
  readonly #early: { readonly position: Position; readonly onSent: () => void }[] = []

  constructor(config: PostgresqlConfig, context: Context, replication: PostgresConnection, tap: RawTap | null) {
    this.#raw = tap === null ? null : new RawMessages(tap)
    this.#configured = config
    this.#config = onlyHost(config, replication.target)
    this.#context = context
    this.#replication = replication
    this.#side = besides(this.#config, context.source, { use: 'look', idleCloseMs: SIDE_IDLE_MS })
  }

  async *read(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    try {
      const start = from === 'now' ? yield* this.#startNow(signal) : await this.#startAt(from, signal)
      const stream = await this.#begin(start, signal)
      yield start.notices
      yield* this.#events(stream, start, signal)
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
      this.#watch?.[Symbol.asyncDispose](),
    ])
  }

  async #startAt(offset: Offset, signal: AbortSignal): Promise<Start> {
    const facts = await this.#facts(signal)
    const history = await this.#history(offset, facts, signal)
    const input = { source: this.#context.source, config: this.#configured, facts, offset, history }
    const synced = checkSynced(input)
    if (synced !== null) throw synced
    const finding = checkResume(input)
    if (finding.can === 'no') throw finding.error
    const notices = [...failoverNotice(input), ...(await this.#notices(facts, signal))]
    const from = offset.position
    const server = identityOf(facts)
    const memory = new LogMemory(offset.memory)
    if (finding.as === 'same server') return { offset, from, server, notices, memory, createdAfter: null }
    const promoted: NoticeEvent = {
      type: 'notice',
      code: 'POSTGRES_PROMOTED',
      details: { why: finding.why, offset: String(from) },
      ledger: finding.why,
    }
    return { offset, from, server, notices: [promoted, ...notices], memory, createdAfter: null }
  }

  /** Makes the slot and gives its place away at once, so that it is stored before anything else happens. */
  async *#startNow(signal: AbortSignal): AsyncGenerator<readonly LogEvent[], Start> {
    const facts = await this.#facts(signal)
    const input = { source: this.#context.source, config: this.#configured, facts, offset: null, history: null }
    const refusal = checkFresh(input) ?? checkSlotPlace(input)
    if (refusal !== null) throw refusal
    const notices = await this.#notices(facts, signal)
    const { slot, failover } = this.#config
    const { standby } = facts
    const { log } = this.#context
    const onWait = ({ details, fix = [] }: NoticeEvent) =>
      log.warn(
        { ...details, fix },
        standby
          ? `creating the slot ${slot} waits for a record from the primary`
          : `creating the slot ${slot} waits for open transactions`,
      )
    const createdAfter = await oldestRunning(this.#catalogQuery(signal))
    const creation = { replication: this.#replication, side: this.#side, slot, failover, standby, signal, onWait }
    const from = await createSlot(creation)
    const server = await this.#createdOn(facts, from, signal)
    const why = `the slot ${slot} was created here: nothing before its consistent point was requested`
    const moved = { by: 'progress', why, atMs: this.#context.clock.nowMs() } as const
    const offset = { position: from, server, memory: {}, moved }
    this.#given = offset
    yield [
      { type: 'progress', offset, urgent: true },
      { type: 'notice', code: 'POSTGRES_SLOT_CREATED', details: { slot, position: String(from) } },
      ...notices,
    ]
    return { offset, from, server, notices: [], memory: new LogMemory(), createdAfter }
  }

  /** A standby that was promoted while it made the slot, or whose upstream was, may have made it on another timeline than it began on. */
  async #createdOn(facts: ServerFacts, from: Position, signal: AbortSignal): Promise<ServerIdentity> {
    if (!facts.standby) return identityOf(facts)
    const present = await presentTimeline(this.#replication, { signal })
    if (present === facts.timeline) return identityOf(facts)
    const history = await fetchTimelineHistory(this.#replication, present, { signal })
    return identityOf({ ...facts, timeline: timelineAt(from, present, history) })
  }

  /** With the timeline of now; a standby is watched from here on. */
  async #facts(signal: AbortSignal): Promise<ServerFacts> {
    const facts = await lookAtServer(this.#replication, this.#config, { signal })
    if (!facts.standby) return facts
    const timeline = await presentTimeline(this.#replication, { signal })
    this.#watch = new TimelineWatch(this.#config, this.#context, timeline)
    return { ...facts, timeline }
  }

  async #history(offset: Offset, facts: ServerFacts, signal: AbortSignal): Promise<TimelineHistory | null> {
    if (!needsHistory(offset, facts)) return null
    return await fetchTimelineHistory(this.#replication, facts.timeline, { signal })
  }

  /**
   * On the side connection: the walsender keeps what it has learnt of a table from a statement of ours, and would decode older rows by
   * its present columns. So nothing that looks at a user's table may run on the replication connection.
   */
  async #notices(facts: ServerFacts, signal: AbortSignal): Promise<readonly NoticeEvent[]> {
    const config = this.#config
    if (facts.publication === null) return []
    return await this.#side.use(signal, async (connection, until) => {
      const published = await publishedOf(connection, config, facts, until)
      return published === null ? [] : checkPublished(published)
    })
  }

  #isWatched(): (schema: string, table: string) => boolean {
    return tableFilter(this.#config.tables, this.#config.exclude)
  }

  async #begin(start: Start, signal: AbortSignal): Promise<ReplicationStream> {
    const { from } = start
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
    await this.#mustBeBehind(start, signal)
    return stream
  }

  /** The slot is ours from now on, so what is true of it stays true. */
  async #mustBeBehind(start: Start, signal: AbortSignal): Promise<void> {
    const config = this.#config
    const facts = await this.#side.use(signal, (connection) => lookAtServer(connection, config, { signal }))
    const error = checkAhead({ source: this.#context.source, config, facts, offset: start.offset, history: null })
    if (error !== null) throw error
  }

  /** The server says of a removed segment only its name, and of a publication not whether it exists by now. */
  async #explained(error: unknown, from: Offset | 'now', signal: AbortSignal): Promise<unknown> {
    const isGap = error instanceof OffbeatError && error.code === 'POSTGRES_PUBLICATION_GAP'
    if (!(error instanceof OffbeatError) || (error.code !== 'POSTGRES_WAL_REMOVED' && !isGap)) return error
    const { source } = this.#context
    const offset = this.#given ?? (from === 'now' ? null : from)
    // If the inspection fails too, the stream's error is reported as it is.
    const facts = await this.#side
      .use(signal, (connection, until) => lookAtServer(connection, this.#config, { signal: until }))
      .catch(() => null)
    if (facts !== null && isGap) return checkPublication({ config: this.#configured, facts }) ?? error
    return facts === null ? error : explainRemoved(error, { source, config: this.#configured, facts, offset })
  }

  async #refused(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof OffbeatError) || error.code !== 'POSTGRES_SLOT_IN_USE') return error
    return await this.#side.use(signal, (connection) => slotInUse(connection, this.#config.slot, error, { signal }))
  }

  async *#events(stream: ReplicationStream, start: Start, signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    const { clock } = this.#context
    const query = this.#catalogQuery(signal)
    const { publication, slot } = this.#config
    const about = { publication, slot, since: start.createdAfter, isWatched: this.#isWatched() }
    await rememberPresentKeys(query, about, start.memory)
    const decoder = this.#decoder(start, query)
    const gate = new ProgressGate(
      start,
      () => clock.nowMs(),
      () => start.memory.document,
    )
    // The first messages may have come together with the server's consent.
    do {
      const events: LogEvent[] = []
      const failure = await this.#decodeAll(stream, decoder, gate, events)
      if (failure !== null && this.#raw !== null) await this.#resendRest(stream, failure.error, { start, signal })
      const newest = events.findLast(hasOffset)
      if (newest !== undefined) await this.#watch?.vouch(signal)
      this.#given = newest?.offset ?? this.#given
      if (events.length > 0) yield events
      if (failure !== null) throw failure.error
    } while (await stream.take())
  }

  /** What has arrived. Gives what cannot be decoded or is not there any more, so that the events before it are given away first. */
  async #decodeAll(
    stream: ReplicationStream,
    decoder: PgoutputDecoder,
    gate: ProgressGate,
    into: LogEvent[],
  ): Promise<{ readonly error: unknown } | null> {
    try {
      for (let message = stream.next(); message !== null; message = stream.next()) {
        if (message === 'data') {
          const asked = this.#decodeOne(stream, decoder, gate, into)
          if (asked !== undefined) await asked
        } else if (!decoder.inTransaction && stream.keepalive !== null) {
          gate.keepalive(stream.keepalive.sent, stream.keepalive.asks, into)
        }
      }
      return null
    } catch (thrown) {
      const error = unsent(thrown, { ...this.#open(decoder), table: decoder.tableOfNextRow })
      if (endsTheLog(error)) return { error }
      throw error
    }
  }

  #open(decoder: PgoutputDecoder) {
    const { transaction = null, committedAtMs = null } = decoder.transaction ?? {}
    return { source: this.#context.source, transaction, committedAtMs }
  }

  /** What the catalog refuses says nothing about the log; what the decoder throws does. */
  #decode(stream: ReplicationStream, decoder: PgoutputDecoder, into: LogEvent[]): Promise<void> | undefined {
    const { bytes, start, end } = stream
    try {
      return decoder.decode(bytes, start, end, walStart(bytes, start), into)
    } catch (thrown) {
      throw undecodable(thrown, { ...this.#open(decoder), table: null })
    }
  }

  /** The rest of a transaction that cannot be decoded, for the client that saves it. */
  async #resendRest(
    stream: ReplicationStream,
    error: unknown,
    { start, signal }: { start: Start; signal: AbortSignal },
  ) {
    const raw = this.#raw
    const transaction = error instanceof OffbeatError ? error.details['transaction'] : null
    if (raw === null || typeof transaction !== 'string') return
    if (isUnsentRow(error)) {
      await stream[Symbol.asyncDispose]()
      const { tap } = raw
      const about = { error, config: this.#config, context: this.#context, from: start.from, transaction, tap, signal }
      if (!(await resendUnsent(about))) raw.leaveOut()
      return
    }
    do {
      for (let message = stream.next(); message !== null; message = stream.next()) {
        if (message === 'data' && raw.take(stream.bytes.subarray(stream.start, stream.end))) return
      }
    } while (await stream.take())
  }

  #decodeOne(
    stream: ReplicationStream,
    decoder: PgoutputDecoder,
    gate: ProgressGate,
    into: LogEvent[],
  ): Promise<void> | undefined {
    const { bytes, start, end } = stream
    this.#raw?.take(bytes.subarray(start, end))
    const asked = this.#decode(stream, decoder, into)
    if (bytes[start] === COMMIT) gate.committed(bytes.readBigUInt64BE(start + 10))
    return asked
  }

  #catalogQuery(signal: AbortSignal): CatalogQuery {
    return (sql, params) => this.#side.use(signal, (open, until) => open.query(sql, params, { signal: until }))
  }

  #decoder({ from, server, memory }: Start, query: CatalogQuery): PgoutputDecoder {
    const { connection, heartbeat, truncates, envelope } = this.#config
    const { schema, table, deliver, mode } = heartbeat.source
    return new PgoutputDecoder({
      source: this.#context.source,
      server,
      from,
      memory,
      clock: this.#context.clock,
      truncates,
      database: connection.database,
      isWatched: this.#isWatched(),
      heartbeat: mode === 'table' || mode === 'job' ? { schema, table, deliver } : null,
      catalog: new ServerCatalog(query, envelope),
    })
  }
}

function hasOffset(event: LogEvent): event is CommitEvent | ProgressEvent {
  return event.type === 'commit' || event.type === 'progress'
}

function failoverNotice(input: ResumeInput & { readonly config: PostgresqlConfig }): readonly NoticeEvent[] {
  const missing = failoverMissing(input)
  if (missing === null) return []
  const { found, fix } = missing
  const details = { slot: input.config.slot, found }
  return [{ type: 'notice', code: 'POSTGRES_SLOT_NOT_FAILOVER', details, fix: [fix] }]
}

/** XLogData before the plugin's message: 'w', the place of the record, the end of the log, the time. */
function walStart(bytes: Buffer, at: number): number | bigint {
  const high = bytes.readUInt32BE(at - 24)
  const low = bytes.readUInt32BE(at - 20)
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low)
}

import { OffbeatError } from '../../../model/error.ts'
import type { CommitEvent, LogEvent, ProgressEvent } from '../../../model/log-event.ts'
import { endsTheLog, undecodable } from '../../../model/undecodable.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import type { Context } from '../../source.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { PgoutputDecoder } from '../decode/decoder.ts'
import { lsnToBigint } from '../position.ts'
import type { TimelineWatch } from '../resume/timeline.ts'
import { type CatalogQuery, ServerCatalog } from '../tables/catalog.ts'
import { type KeysLater, rememberKeysFromNow } from '../tables/present-keys.ts'
import type { Beginning } from './opening.ts'
import { ProgressGate } from './progress-gate.ts'
import type { RawMessages } from './raw-message.ts'
import type { ReplicationStream } from './replication.ts'
import { isUnsentRow, resendUnsent, unsent } from './unconverted.ts'

const BEGIN = 0x42
const COMMIT = 0x43

const WHY_KEYS = 'the keys that the log does not have were read from the catalog'

export interface EventFlowAbout {
  readonly config: PostgresqlConfig
  readonly context: Context
  readonly beginning: Beginning
  readonly query: CatalogQuery
  /** Of the standby that is read; null: the server is a primary. */
  readonly watch: TimelineWatch | null
  /** For a client that also wants the messages as they were received. */
  readonly raw: RawMessages | null
  readonly signal: AbortSignal
}

/** Turns the messages of a started stream into log events. */
export class EventFlow {
  readonly #about: EventFlowAbout
  readonly #stream: ReplicationStream
  readonly #decoder: PgoutputDecoder
  readonly #gate: ProgressGate
  #keysLater: KeysLater | null = null

  constructor(stream: ReplicationStream, about: EventFlowAbout) {
    const { context, beginning } = about
    this.#about = about
    this.#stream = stream
    this.#decoder = decoderOf(about)
    this.#gate = new ProgressGate(
      beginning,
      () => context.clock.nowMs(),
      () => beginning.memory.document,
    )
  }

  async *read(): AsyncGenerator<readonly LogEvent[]> {
    const { watch, raw, signal } = this.#about
    const learned = await this.#rememberKeys()
    if (learned.length > 0) await watch?.vouch(signal)
    yield learned
    // The first messages may have arrived together with the server's reply to START_REPLICATION.
    do {
      const events: LogEvent[] = []
      const failure = await this.#decodeAll(events)
      if (failure !== null && raw !== null) await this.#resendRest(raw, failure.error)
      if (events.some(hasOffset)) await watch?.vouch(signal)
      if (events.length > 0) yield events
      if (failure !== null) throw failure.error
    } while (await this.#stream.take())
  }

  /**
   * What is learned before the first message is stored at once: the catalog may have lost it when the next run begins. The position stays the
   * same, and so does its server: after a promotion, the ledger gets the proof with the next position.
   */
  async #rememberKeys(): Promise<readonly LogEvent[]> {
    const { config, context, beginning, query } = this.#about
    const { offset, memory } = beginning
    const { publication, slot, tables, exclude } = config
    const keys = { publication, slot, isWatched: tableFilter(tables, exclude) }
    const before = memory.document
    this.#keysLater = await rememberKeysFromNow(query, keys, memory)
    if (memory.document === before) return []
    const moved = { by: 'progress', why: WHY_KEYS, atMs: context.clock.nowMs() } as const
    return [{ type: 'progress', offset: { ...offset, memory: memory.document, moved }, urgent: true }]
  }

  /** Call it when everything that was committed before `lsn` has been read. Returns whether something was learned. */
  #rememberKeysLater(lsn: bigint): boolean {
    const later = this.#keysLater
    if (later === null || lsn < later.after) return false
    this.#keysLater = null
    const { memory } = this.#about.beginning
    const before = memory.document
    later.remember(memory)
    return memory.document !== before
  }

  /** Decodes what has arrived. An error that ends the log is returned, not thrown, so that the events before it are delivered first. */
  async #decodeAll(into: LogEvent[]): Promise<{ readonly error: unknown } | null> {
    const stream = this.#stream
    const decoder = this.#decoder
    try {
      for (let message = stream.next(); message !== null; message = stream.next()) {
        if (message === 'data') {
          const asked = this.#decodeOne(into)
          if (asked !== undefined) await asked
        } else if (!decoder.inTransaction && stream.keepalive !== null) {
          const { sent, asks } = stream.keepalive
          const learned = this.#rememberKeysLater(lsnToBigint(sent))
          this.#gate.keepalive(sent, asks || learned, into)
        }
      }
      return null
    } catch (thrown) {
      const error = unsent(thrown, { ...this.#open(), table: decoder.tableOfNextRow })
      if (endsTheLog(error)) return { error }
      throw error
    }
  }

  #open() {
    const { transaction = null, committedAtMs = null } = this.#decoder.transaction ?? {}
    return { source: this.#about.context.source, transaction, committedAtMs }
  }

  /** An error of the catalog query says nothing about the log. An error that the decoder throws does. */
  #decodeOne(into: LogEvent[]): Promise<void> | undefined {
    const { bytes, start, end } = this.#stream
    this.#about.raw?.take(bytes.subarray(start, end))
    if (this.#keysLater !== null && bytes[start] === BEGIN) this.#rememberKeysLater(bytes.readBigUInt64BE(start + 1))
    const asked = this.#decode(bytes, start, end, into)
    if (bytes[start] === COMMIT) this.#gate.committed(bytes.readBigUInt64BE(start + 10))
    return asked
  }

  #decode(bytes: Buffer, start: number, end: number, into: LogEvent[]): Promise<void> | undefined {
    try {
      return this.#decoder.decode(bytes, start, end, walStart(bytes, start), into)
    } catch (thrown) {
      throw undecodable(thrown, { ...this.#open(), table: null })
    }
  }

  /** Reads the rest of a transaction that cannot be decoded, for the client that saves it. */
  async #resendRest(raw: RawMessages, error: unknown): Promise<void> {
    const { config, context, beginning, signal } = this.#about
    const stream = this.#stream
    const transaction = error instanceof OffbeatError ? error.details['transaction'] : null
    if (typeof transaction !== 'string') return
    if (isUnsentRow(error)) {
      await stream[Symbol.asyncDispose]()
      const about = { error, config, context, from: beginning.from, transaction, tap: raw.tap, signal }
      if (!(await resendUnsent(about))) raw.leaveOut()
      return
    }
    do {
      for (let message = stream.next(); message !== null; message = stream.next()) {
        if (message === 'data' && raw.take(stream.bytes.subarray(stream.start, stream.end))) return
      }
    } while (await stream.take())
  }
}

function decoderOf({ config, context, beginning, query }: EventFlowAbout): PgoutputDecoder {
  const { connection, heartbeat, truncates, envelope, tables, exclude } = config
  const { schema, table, deliver } = heartbeat.source
  const { from, server, memory } = beginning
  return new PgoutputDecoder({
    source: context.source,
    server,
    from,
    memory,
    clock: context.clock,
    truncates,
    database: connection.database,
    isWatched: tableFilter(tables, exclude),
    heartbeat: usesTable(heartbeat.source) ? { schema, table, deliver } : null,
    catalog: new ServerCatalog(query, envelope),
  })
}

export function hasOffset(event: LogEvent): event is CommitEvent | ProgressEvent {
  return event.type === 'commit' || event.type === 'progress'
}

/** The header of XLogData before the plugin's message: 'w', the position of the record, the end of the log, the time. */
function walStart(bytes: Buffer, at: number): number | bigint {
  const high = bytes.readUInt32BE(at - 24)
  const low = bytes.readUInt32BE(at - 20)
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low)
}

import type { Clock } from '../model/clock.ts'
import { asOffbeatError, OffbeatError } from '../model/error.ts'
import { type Fix, inShell } from '../model/fix.ts'
import type { ChangeEvent, LogEvent } from '../model/log-event.ts'
import type { MessageLimit } from '../model/message.ts'
import type { Offset } from '../model/offset.ts'
import type { Position, PositionCodec } from '../model/position.ts'
import type { TableVersion } from '../model/table.ts'
import { isUndecodable, undecodable } from '../model/undecodable.ts'
import type { Reader } from '../sources/source.ts'
import { BatchBuilder } from './batch-builder.ts'
import { TableEncoder } from './envelope.ts'
import type { EnvelopeSource } from './envelope-source.ts'
import { topicOf } from './topic.ts'
import { type TransactionFacts, transactionName } from './transaction-facts.ts'

export interface UndecodableWalk {
  readonly source: EnvelopeSource
  readonly positions: PositionCodec
  readonly clock: Clock
  /** The sink's limit; absent: the limit of the runtime. */
  readonly messageLimit?: MessageLimit | undefined
  /** A raw reader: after a message that it cannot decode, it returns the rest of the transaction before it throws. */
  readonly reader: Reader
  readonly from: Offset
  /** Where the walk ends. */
  readonly head: Position
  /** The transaction that is expected to be the next one that cannot be decoded. */
  readonly transaction: string
}

/**
 * Reads from the stored offset up to the first transaction that cannot be decoded, and returns its error. Delivers and acknowledges
 * nothing. Throws SKIP_REFUSED when that is not the expected transaction, or when changes before it are not delivered yet.
 */
export async function walkToUndecodable(walk: UndecodableWalk, signal: AbortSignal): Promise<OffbeatError> {
  const attempt = new Attempt(walk)
  try {
    for await (const events of walk.reader.read(walk.from, signal)) {
      for (const event of events) {
        const failure = attempt.take(event)
        if (failure !== null) return checked(failure, attempt, walk)
        if (attempt.reachedHead)
          throw refused(
            walk,
            `every transaction up to the end of the log, ${walk.positions.short(walk.head)}, can be delivered`,
          )
      }
    }
  } catch (thrown) {
    if (!isUndecodable(thrown)) throw thrown
    return checked(asOffbeatError(thrown), attempt, walk)
  }
  signal.throwIfAborted()
  throw new OffbeatError('DEFECT', { message: 'the stream ended by itself' })
}

function checked(failure: OffbeatError, attempt: Attempt, walk: UndecodableWalk): OffbeatError {
  const { transaction } = failure.details
  if (transaction !== walk.transaction) {
    const fix = [inShell(`offbeat offsets skip ${walk.source.name} --transaction ${String(transaction)}`)]
    throw refused(walk, `the next one that cannot be delivered is ${String(transaction)}`, fix)
  }
  if (attempt.undelivered > 0) {
    throw refused(walk, `${attempt.undelivered} changes before it are not delivered yet`, [inShell('offbeat run')])
  }
  return failure
}

function refused(walk: UndecodableWalk, found: string, fix: readonly Fix[] = []): OffbeatError {
  const { positions, from } = walk
  return new OffbeatError('SKIP_REFUSED', {
    message: `The transaction ${walk.transaction} of ${walk.source.name} cannot be skipped.`,
    found,
    expected: `the next transaction after the offset ${positions.short(from.position)} that cannot be delivered`,
    fix,
    details: { transaction: walk.transaction, offset: positions.text(from.position) },
  })
}

/** Encodes changes as a delivery would, and discards the result. */
class Attempt {
  readonly #walk: UndecodableWalk
  readonly #builder: BatchBuilder
  readonly #encoders = new Map<TableVersion, TableEncoder>()
  #open: TransactionFacts | null = null
  #failure: OffbeatError | null = null
  #changes = 0
  /** The number of changes in whole transactions. */
  undelivered = 0
  reachedHead = false

  constructor(walk: UndecodableWalk) {
    this.#walk = walk
    this.#builder = new BatchBuilder(walk.messageLimit)
  }

  /** Returns the failure once its transaction has been read to the end. */
  take(event: LogEvent): OffbeatError | null {
    if (event.type === 'begin') this.#open = { begin: event, takenAtMs: this.#walk.clock.nowMs() }
    if (event.type === 'change' && this.#failure === null) this.#encode(event)
    if (event.type === 'rollback') this.#forget()
    if (event.type !== 'commit' && event.type !== 'progress') return null
    if (this.#failure !== null) return this.#failure
    this.#builder.clear()
    this.undelivered += this.#changes
    this.#changes = 0
    const order = this.#walk.positions.compare(event.offset.position, this.#walk.head)
    this.reachedHead = order === 'after' || order === 'same'
    return null
  }

  #forget(): void {
    this.#failure = null
    this.#changes = 0
    this.#builder.clear()
  }

  #encode(change: ChangeEvent): void {
    const open = this.#open
    if (open === null) return
    this.#changes++
    try {
      this.#encoderOf(change.table).encode(change, open, this.#builder)
    } catch (thrown) {
      const { committedAtMs } = open.begin
      const transaction = transactionName(open)
      const table = `${change.table.schema ?? change.table.database}.${change.table.name}`
      this.#failure = undecodable(thrown, { source: this.#walk.source.name, transaction, committedAtMs, table })
    }
    if (this.#builder.byteLength > 1024 * 1024) this.#builder.clear()
  }

  #encoderOf(table: TableVersion): TableEncoder {
    const known = this.#encoders.get(table)
    if (known !== undefined) return known
    const encoder = new TableEncoder(table, this.#walk.source, topicOf(this.#walk.source.name, table))
    this.#encoders.set(table, encoder)
    return encoder
  }
}

import type { Clock } from '../../../model/clock.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import type { Position } from '../../../model/position.ts'
import { impassable, type UndecodableIn, undecodable } from '../../../model/undecodable.ts'
import type { RawTap } from '../../raw-log.ts'
import type { Context } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres } from '../connect/connection.ts'
import { RawMessages } from './raw-message.ts'
import type { ReplicationStream } from './replication.ts'
import { startStream } from './stream-start.ts'

/** How long to wait until the server has released the slot of a stream that ended. */
const SLOT_FREE_MS = 10_000
const TRY_EVERY_MS = 100

/**
 * Classifies an error for data that the server itself cannot send. Such an error ends the stream and names no transaction. The server sends
 * one transaction after another, each from its Begin on. So a text that it cannot convert to UTF-8 belongs to the open transaction. A row
 * filter can fail before anything of the row's transaction was sent.
 */
export function unsent(thrown: unknown, about: UndecodableIn): unknown {
  if (isUnsentRow(thrown) && about.transaction !== null) {
    // Such text can be requested again as unconverted bytes.
    return undecodable(thrown, isOf(thrown, 'POSTGRES_ROW_TOO_LARGE') ? { ...about, isUnsent: true } : about)
  }
  return isUnsent(thrown) ? impassable(thrown, about.source) : thrown
}

const UNSENT: readonly ErrorCode[] = [
  'POSTGRES_TEXT_UNCONVERTED',
  'POSTGRES_ROW_TOO_LARGE',
  'POSTGRES_FILTER_FAILED',
  'POSTGRES_PUBLICATION_GAP',
]

/** The server refuses to send data that is in the log, or fails at a change in it for an unclassified reason. */
export function isUnsent(thrown: unknown): thrown is OffbeatError {
  if (!(thrown instanceof OffbeatError)) return false
  return UNSENT.includes(thrown.code) || (thrown.kind === 'unknown' && thrown.details['at'] !== undefined)
}

/** A row of the open transaction. The server can send it again in another form, or can send what comes after it. */
export function isUnsentRow(thrown: unknown): thrown is OffbeatError {
  return isOf(thrown, 'POSTGRES_TEXT_UNCONVERTED') || isOf(thrown, 'POSTGRES_ROW_TOO_LARGE')
}

function isOf(thrown: unknown, code: ErrorCode): boolean {
  return thrown instanceof OffbeatError && thrown.code === code
}

export interface UnsentRow {
  readonly config: PostgresqlConfig
  readonly context: Context
  readonly from: Position
  readonly transaction: string
  readonly tap: RawTap
  readonly signal: AbortSignal
  /** The error that ended the stream within the transaction. */
  readonly error: OffbeatError
}

/**
 * Requests the whole transaction again: with its text unconverted, or with its values in binary form, in which a bytea takes half as many
 * bytes. false: a row is too large even for that, and the end of the transaction was not reached.
 */
export async function resendUnsent(about: UnsentRow): Promise<boolean> {
  const { transaction, tap, error } = about
  const isLarge = isOf(error, 'POSTGRES_ROW_TOO_LARGE')
  await using stream = await begunStream({ ...about, raw: !isLarge, binary: isLarge })
  const interrupt = () => stream.interrupt()
  about.signal.addEventListener('abort', interrupt, { once: true })
  let isComplete = false
  const messages = new RawMessages((message) => {
    if (message.transaction !== transaction) return
    tap(message)
    isComplete = message.end !== null
  })
  try {
    do {
      for (let message = stream.next(); message !== null; message = stream.next()) {
        if (message === 'data') messages.take(stream.bytes.subarray(stream.start, stream.end))
        if (isComplete) return true
      }
    } while (await stream.take())
  } catch (thrown) {
    if (!isLarge || !isOf(thrown, 'POSTGRES_ROW_TOO_LARGE')) throw thrown
  }
  return false
}

/** Opens a stream from a position on, once nothing else reads the slot. */
export async function begunStream(about: StreamAbout): Promise<ReplicationStream> {
  const { clock } = about.context
  const untilMs = clock.monotonicMs() + SLOT_FREE_MS
  for (;;) {
    try {
      return await begin(about, clock)
    } catch (error) {
      const busy = error instanceof OffbeatError && error.code === 'POSTGRES_SLOT_IN_USE'
      if (!busy || clock.monotonicMs() > untilMs) throw error
      await clock.sleep(TRY_EVERY_MS, about.signal)
    }
  }
}

interface StreamAbout extends Pick<UnsentRow, 'config' | 'context' | 'from' | 'signal'> {
  readonly raw: boolean
  readonly binary?: boolean
  /** What is acknowledged to the server, if not `from`. */
  readonly acknowledged?: Position
}

async function begin({ config, context, signal, ...about }: StreamAbout, clock: Clock): Promise<ReplicationStream> {
  await using opened = new AsyncDisposableStack()
  const { source } = context
  const replication = opened.use(await connectPostgres(config, { source, use: 'log', signal }))
  const stream = opened.use(await startStream(replication, config, { ...about, clock, signal }))
  await stream.begin()
  opened.move()
  return stream
}

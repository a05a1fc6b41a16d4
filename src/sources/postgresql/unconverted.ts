import type { Clock } from '../../model/clock.ts'
import { OffbeatError } from '../../model/error.ts'
import type { Position } from '../../model/position.ts'
import { type UndecodableIn, undecodable } from '../../model/undecodable.ts'
import type { RawTap } from '../raw-log.ts'
import type { Context } from '../source.ts'
import type { PostgresqlConfig } from './config.ts'
import { connectPostgres } from './connection.ts'
import { RawMessages } from './raw-message.ts'
import type { ReplicationStream } from './replication.ts'
import { SESSION_SETTINGS } from './session-settings.ts'
import { startStream } from './stream-start.ts'

/** The stream that ended gives the slot back in a moment. */
const SLOT_FREE_MS = 10_000
const TRY_EVERY_MS = 100

/**
 * A character that the server cannot turn into UTF-8 ends the stream, by an error that names no transaction. The server sends a transaction
 * from its Begin on in order, so it is the open one.
 */
export function unconverted(thrown: unknown, about: Omit<UndecodableIn, 'table'>): unknown {
  if (!isUnconverted(thrown)) return thrown
  const { transaction, source } = about
  if (transaction !== null) return undecodable(thrown, { ...about, table: null })
  return new OffbeatError(thrown.code, {
    message: `${thrown.message}, and does not say in which transaction`,
    found: thrown.found ?? thrown.code,
    expected: thrown.expected ?? thrown.entry.cure,
    fix: [
      ...thrown.fix,
      '# a row filter of the publication may have refused it, before anything of its transaction was sent; nothing but a new start leads past it, and what was committed until then is never delivered:',
      `offbeat offsets reset ${source}`,
    ],
    details: thrown.details,
    cause: thrown,
  })
}

export function isUnconverted(thrown: unknown): thrown is OffbeatError {
  return thrown instanceof OffbeatError && thrown.code === 'POSTGRES_TEXT_UNCONVERTED'
}

export interface Unconverted {
  readonly config: PostgresqlConfig
  readonly context: Context
  readonly from: Position
  readonly transaction: string
  readonly tap: RawTap
  readonly signal: AbortSignal
}

/** Tells the whole transaction once more, with its text as it lies in the database: the server itself has ended the stream within it. */
export async function tellUnconverted(about: Unconverted): Promise<void> {
  const { transaction, tap } = about
  await using stream = await begun(about)
  const interrupt = () => stream.interrupt()
  about.signal.addEventListener('abort', interrupt, { once: true })
  let isTold = false
  const messages = new RawMessages((message) => {
    if (message.transaction !== transaction) return
    tap(message)
    isTold = message.end !== null
  })
  do {
    for (let message = stream.next(); message !== null; message = stream.next()) {
      if (message === 'data') messages.take(stream.bytes.subarray(stream.start, stream.end))
      if (isTold) return
    }
  } while (await stream.take())
}

async function begun(about: Unconverted): Promise<ReplicationStream> {
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

async function begin({ config, context, from, signal }: Unconverted, clock: Clock): Promise<ReplicationStream> {
  await using opened = new AsyncDisposableStack()
  const { source } = context
  const replication = opened.use(
    await connectPostgres(config, { source, replication: true, settings: SESSION_SETTINGS, signal }),
  )
  const stream = opened.use(await startStream(replication, config, { from, raw: true, clock, signal }))
  await stream.begin()
  opened.move()
  return stream
}

import { OffbeatError } from '../../../model/error.ts'
import { inShell } from '../../../model/fix.ts'
import type { Position } from '../../../model/position.ts'
import type { Context, Passage } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import { lsnFromBigint, lsnToBigint } from '../position.ts'
import type { ReplicationStream } from './replication.ts'
import { begunStream, isUnsent } from './unconverted.ts'

/** Records of the log are aligned to this many bytes. */
const ALIGNMENT = 8n
const FIRST_STEP = 64n
/** Each one takes about a dozen streams to skip. */
const MOST_TRANSACTIONS = 200

/** Insert, Update, Delete, Truncate. */
const ROWS: ReadonlySet<number | undefined> = new Set([0x49, 0x55, 0x44, 0x54])

interface Stretch {
  readonly config: PostgresqlConfig
  readonly context: Context
  /** The stored offset. It is what is acknowledged to the server, whatever position is tried. */
  readonly from: Position
  readonly head: Position
  readonly signal: AbortSignal
}

/**
 * What a stream from a position on reaches first: something that it can read, or the failure. `at`: the change in the log that cannot be
 * sent.
 */
type Outcome = { readonly reads: true } | { readonly reads: false; readonly at: unknown }

/**
 * Finds the first position after `from` from which the server sends rows again, or has none left up to `head`. The server skips a
 * transaction whose commit record begins before the position at which a stream starts. So transactions are skipped one by one: a
 * transaction's commit is where the stream no longer ends at the same change. Changes nothing on the server.
 */
export async function passUnreadable(stretch: Stretch): Promise<Passage> {
  const { from, head, context } = stretch
  let at = lsnToBigint(from)
  let outcome = await outcomeAt(at, stretch)
  if (outcome.reads) throw refused(context.source, `what follows the offset ${from} can be read`)
  for (let transactions = 0; !outcome.reads; transactions++) {
    if (transactions === MOST_TRANSACTIONS) return { position: lsnFromBigint(at), transactions, more: true }
    const passed = await afterFailure(at, outcome, stretch)
    if (passed === null) throw refused(context.source, `no transaction up to the end of the log, ${head}, can be read`)
    at = passed.at
    outcome = passed.outcome
    if (outcome.reads) return { position: lsnFromBigint(at), transactions: transactions + 1, more: false }
  }
  throw new OffbeatError('DEFECT', { message: 'the search for a readable position did not end' })
}

/** The first position from which the stream no longer ends at the same change; null: there is none up to the head. */
async function afterFailure(
  at: bigint,
  failure: Outcome,
  stretch: Stretch,
): Promise<{ readonly at: bigint; readonly outcome: Outcome } | null> {
  const head = lsnToBigint(stretch.head)
  let low = at
  let high = at
  let outcome = failure
  for (let step = FIRST_STEP; isSame(outcome, failure); step *= 2n) {
    if (high >= head) return null
    low = high
    high = at + step
    if (high > head) high = head
    outcome = await outcomeAt(high, stretch)
  }
  while (high - low > ALIGNMENT) {
    const middle = low + ((high - low) / 2n / ALIGNMENT) * ALIGNMENT
    const tried = middle === low ? low + ALIGNMENT : middle
    const found = await outcomeAt(tried, stretch)
    if (isSame(found, failure)) low = tried
    else {
      high = tried
      outcome = found
    }
  }
  return { at: high, outcome }
}

function isSame(a: Outcome, b: Outcome): boolean {
  return !a.reads && !b.reads && a.at === b.at
}

async function outcomeAt(at: bigint, { config, context, from, head, signal }: Stretch): Promise<Outcome> {
  signal.throwIfAborted()
  const about = { config, context, from: lsnFromBigint(at), acknowledged: from, raw: false, signal }
  await using stream = await begunStream(about)
  try {
    return await firstOf(stream, lsnToBigint(head))
  } catch (error) {
    if (!isUnsent(error)) throw error
    return { reads: false, at: error.details['at'] ?? null }
  }
}

async function firstOf(stream: ReplicationStream, head: bigint): Promise<Outcome> {
  do {
    for (let message = stream.next(); message !== null; message = stream.next()) {
      if (message === 'data' ? ROWS.has(stream.bytes[stream.start]) : hasReached(stream, head)) return { reads: true }
    }
  } while (await stream.take())
  throw new OffbeatError('DEFECT', { message: 'the stream ended by itself' })
}

function hasReached({ keepalive }: ReplicationStream, head: bigint): boolean {
  return keepalive !== null && lsnToBigint(keepalive.sent) >= head
}

function refused(source: string, found: string): OffbeatError {
  return new OffbeatError('SKIP_REFUSED', {
    message: `nothing of ${source} is skipped`,
    found,
    expected: 'log right after the stored offset that the server cannot send',
    fix: [inShell('offbeat run')],
  })
}

import { OffbeatError } from '../../../model/error.ts'
import type { Context } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection, type StatementOptions } from '../connect/connection.ts'
import { text } from '../inspect/server-facts.ts'

/** The timeline that a server writes or, on a standby, replays; what a statement tells there is the one of its last checkpoint. */
export async function presentTimeline(replication: PostgresConnection, options: StatementOptions): Promise<number> {
  const [row] = await replication.query('IDENTIFY_SYSTEM', [], options)
  return row === undefined ? 0 : Number(text(row, 'timeline'))
}

/**
 * Vouches for the timeline of what a standby streams. Its walsender goes on over a promotion, of itself or of its upstream, without a
 * word. A standby sends no further than it has replayed: if it still replays the same timeline after something was received, that lies
 * on this timeline. Else the stream must end before an offset names the wrong one; from the stored offset the history then proves the rest.
 */
export class TimelineWatch implements AsyncDisposable {
  readonly #config: PostgresqlConfig
  readonly #context: Context
  readonly #timeline: number
  #connection: PostgresConnection | null = null

  constructor(config: PostgresqlConfig, context: Context, timeline: number) {
    this.#config = config
    this.#context = context
    this.#timeline = timeline
  }

  /** Throws POSTGRES_STANDBY_PROMOTED when what was received up to now may lie on another timeline. */
  async vouch(signal: AbortSignal): Promise<void> {
    this.#connection ??= await connectPostgres(this.#config, {
      source: this.#context.source,
      use: 'log',
      signal,
    })
    const timeline = await presentTimeline(this.#connection, { signal })
    if (timeline === this.#timeline) return
    throw new OffbeatError('POSTGRES_STANDBY_PROMOTED', {
      message: 'the standby that is read, or the server it follows, was promoted',
      found: `timeline ${timeline}`,
      expected: `timeline ${this.#timeline}, as at the start of the stream`,
      details: { from: this.#timeline, to: timeline },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.[Symbol.asyncDispose]()
  }
}

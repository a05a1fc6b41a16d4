import { OffbeatError } from '../../../model/error.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { text } from '../../connect/text-row.ts'
import type { Context } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from '../connect/connection.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import { LSN_POSITIONS } from '../position.ts'

/** Where each ancestor of a timeline ended. */
export interface TimelineHistory {
  /** By timeline: the position where the next one begins. */
  readonly switchedAt: ReadonlyMap<number, Position>
}

/** Whether the server's timeline is later than the offset's. Then only its history shows whether the offset lies on it. */
export function needsHistory(
  offset: Offset | null,
  facts: Pick<ServerFacts, 'systemIdentifier' | 'timeline'>,
): boolean {
  const server = offset?.server ?? null
  if (server === null || server['systemIdentifier'] !== facts.systemIdentifier) return false
  return facts.timeline > Number(server['timeline'])
}

/** Reads the history of `timeline` over a replication connection. Timeline 1 has none. */
export async function fetchTimelineHistory(
  replication: PostgresConnection,
  timeline: number,
  options: StatementOptions,
): Promise<TimelineHistory> {
  if (timeline <= 1) return { switchedAt: new Map() }
  const [file] = await replication.query(`TIMELINE_HISTORY ${timeline}`, [], options)
  return parseTimelineHistory(file?.['content'] ?? '')
}

/** The timeline that contains a position of the server's history: the first one that ended at or after it, or the current one. */
export function timelineAt(position: Position, present: number, { switchedAt }: TimelineHistory): number {
  const left = [...switchedAt].filter(([, at]) => LSN_POSITIONS.compare(position, at) !== 'after')
  return Math.min(present, ...left.map(([timeline]) => timeline))
}

/** A line of a history file: `timeline <tab> position of the switch <tab> reason`. `#` begins a comment. */
function parseTimelineHistory(content: string): TimelineHistory {
  const switchedAt = new Map<number, Position>()
  for (const line of content.split('\n')) {
    const [, timeline, position] = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line) ?? []
    if (timeline !== undefined && position !== undefined)
      switchedAt.set(Number(timeline), LSN_POSITIONS.parse(position))
  }
  return { switchedAt }
}

/** The timeline that a server writes or, on a standby, replays. SQL functions on a standby report the timeline of its last checkpoint. */
export async function presentTimeline(replication: PostgresConnection, options: StatementOptions): Promise<number> {
  const [row] = await replication.query('IDENTIFY_SYSTEM', [], options)
  return row === undefined ? 0 : Number(text(row, 'timeline'))
}

/**
 * Confirms the timeline of what a standby streams. Its walsender continues through a promotion, its own or its upstream's, and does not
 * report it. A standby sends no further than it has replayed. So if it still replays the same timeline after data was received, that data
 * lies on this timeline. Otherwise the stream must end before an offset names the wrong timeline. The next start then checks the stored
 * offset against the timeline history.
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

  /** Throws POSTGRES_STANDBY_PROMOTED if what was received so far may lie on another timeline. */
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

import type { Position } from '../../../model/position.ts'
import type { PostgresConnection, StatementOptions } from '../connect/connection.ts'
import { LSN_POSITIONS } from '../position.ts'

/** Where the ancestors of a timeline were left. */
export interface TimelineHistory {
  /** By timeline: the place where the next one began. */
  readonly switchedAt: ReadonlyMap<number, Position>
}

/** Asks a replication connection for the history of `timeline`. The first has none. */
export async function fetchTimelineHistory(
  replication: PostgresConnection,
  timeline: number,
  options: StatementOptions,
): Promise<TimelineHistory> {
  if (timeline <= 1) return { switchedAt: new Map() }
  const [file] = await replication.query(`TIMELINE_HISTORY ${timeline}`, [], options)
  return parseTimelineHistory(file?.['content'] ?? '')
}

/** The timeline that a place of the server's history lies on: the first that was left at or after it, or the present one. */
export function timelineAt(position: Position, present: number, { switchedAt }: TimelineHistory): number {
  const left = [...switchedAt].filter(([, at]) => LSN_POSITIONS.compare(position, at) !== 'after')
  return Math.min(present, ...left.map(([timeline]) => timeline))
}

/** A history file: `timeline <tab> place of the switch <tab> reason` a line; `#` begins a comment. */
function parseTimelineHistory(content: string): TimelineHistory {
  const switchedAt = new Map<number, Position>()
  for (const line of content.split('\n')) {
    const [, timeline, place] = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line) ?? []
    if (timeline !== undefined && place !== undefined) switchedAt.set(Number(timeline), LSN_POSITIONS.parse(place))
  }
  return { switchedAt }
}

import type { Offset } from '../../../model/offset.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import type { TimelineHistory } from './timeline.ts'

/** What the rules judge. Pure: gathering is done before. */
export interface ResumeInput {
  readonly source: string
  readonly config: Pick<PostgresqlConfig, 'slot' | 'publication' | 'connection' | 'tables' | 'exclude' | 'heartbeat'>
  readonly facts: ServerFacts
  readonly offset: Offset | null
  /** The history of the server's timeline, where it is a later one than the offset's. */
  readonly history: TimelineHistory | null
}

/** The server's addresses. */
export function where({ config }: Pick<ResumeInput, 'config'>): string {
  return config.connection.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
}

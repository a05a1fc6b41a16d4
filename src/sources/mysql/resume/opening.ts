import type { OffbeatError } from '../../../model/error.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import type { LogFilePosition } from '../position/log-file.ts'
import type { MariadbGtidList } from '../position/mariadb-gtid-list.ts'
import type { MysqlGtidSet } from '../position/mysql-gtid-set.ts'

export interface ResumeInput {
  readonly source: string
  readonly offset: Offset
  readonly facts: ServerFacts
}

/** From where the log is requested. */
export type LogStart =
  | { readonly by: 'file'; readonly filePosition: LogFilePosition }
  | { readonly by: 'mysql gtids'; readonly gtids: MysqlGtidSet }
  | { readonly by: 'mariadb gtids'; readonly gtids: MariadbGtidList }

export interface Opened {
  readonly can: 'yes'
  readonly as: 'same server' | 'promoted'
  readonly why: string
  readonly start: LogStart
  /** The offset's position, with the GTIDs that were passed. */
  readonly from: Position
  /** Why the GTIDs that the offset does not have and that are purged cannot be after it. null: there are none. */
  readonly passed: string | null
}

export type Opening =
  | Opened
  | { readonly can: 'no'; readonly error: OffbeatError }
  /** The check needs the list of log files, and the user lacks the privilege to read it. */
  | { readonly can: 'unknown' }

/** A server id or UUID can also be that of a copy of the server. What is in its log decides. */
export function isSameServer({ facts, offset: { server } }: ResumeInput): boolean {
  if (server === null) return true
  return facts.product === 'mysql' ? server['serverUuid'] === facts.serverUuid : server['serverId'] === facts.serverId
}

export function opened(isSame: boolean, proof: string, how: Pick<Opened, 'start' | 'from'>): Opened {
  return isSame
    ? { can: 'yes', as: 'same server', why: proof, passed: null, ...how }
    : { can: 'yes', as: 'promoted', why: `another server: ${proof}`, passed: null, ...how }
}

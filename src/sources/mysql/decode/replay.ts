import type { Offset } from '../../../model/offset.ts'
import type { StreamPosition } from './stream-position.ts'

/**
 * A stretch of the log that is read a second time, because it has the rows of a transaction that was prepared before the stored offset and
 * was not decided. Only these rows are taken from it.
 */
export interface Replay {
  /** Where it begins. */
  readonly since: Offset
  /** The GTIDs of the transactions that were prepared and not decided at the stored offset. */
  readonly gtids: readonly string[]
  /** Whether the transaction was delivered before. `start`: where its first event begins. Call it for each transaction, in order. */
  isRead(gtid: string | null, start: StreamPosition): boolean
  /** Whether the stored offset was reached. */
  isOver(reached: StreamPosition): boolean
}

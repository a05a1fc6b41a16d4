import { SPAN_ABSENT } from '../../../model/table.ts'
import type { Relation } from '../decode/relation.ts'
import { leaveLoggedOnly } from '../decode/tuple.ts'

/*
 * Through `publish_via_partition_root` a row carries the root's number alone, and the mark of its old row ('K' or 'O') is made by the root's
 * replica identity, while what it holds was logged by the identity of the partition. The server describes a partition directly before its
 * first row, after the root:
 *
 *   relation (root)  relation (partition)  row (of the root)
 *
 * So the partitions that have written are known with their identities, but not which of them wrote a row after that.
 */

/** How the old rows that come under a root's name are to be read. */
export class PartitionRows {
  readonly #wholeRows: boolean
  readonly #keyRows: boolean
  /** Columns of the root that the identity of no partition has: a value in one of them makes an old row a whole one. */
  readonly #telling: readonly number[]

  constructor(root: Relation, partitions: readonly Relation[]) {
    const byKey = partitions.filter((partition) => !partition.isWhole)
    const names = new Set(
      byKey.flatMap(({ columns }) => columns.filter((column) => column.identity).map(({ name }) => name)),
    )
    this.#wholeRows = byKey.length < partitions.length
    this.#keyRows = byKey.length > 0
    this.#telling = root.columns.flatMap(({ name }, i) => (names.has(name) ? [] : [2 * i]))
  }

  /**
   * Marks what was not logged as absent. Gives whether the row is whole. Where partitions with and without a whole old row write, one that has
   * nothing but NULL outside their keys can be of either: it is taken for a key, so that no NULL is invented.
   */
  read(spans: number[]): boolean {
    const isWhole = this.#wholeRows && (!this.#keyRows || this.#telling.some((at) => (spans[at] ?? SPAN_ABSENT) >= 0))
    if (!isWhole) leaveLoggedOnly(spans)
    return isWhole
  }
}

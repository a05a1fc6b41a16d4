import { SPAN_ABSENT } from '../../../model/table.ts'
import type { Relation } from '../decode/relation.ts'
import { leaveLoggedOnly } from '../decode/tuple.ts'

/*
 * With `publish_via_partition_root`, a row carries only the root's OID. The mark of its old row ('K' or 'O') depends on the root's replica
 * identity, but the old row's content was logged by the replica identity of the partition. The server describes a partition directly before
 * its first row, after the root:
 *
 *   relation (root)  relation (partition)  row (of the root)
 *
 * So the partitions that have written rows and their replica identities are known, but not which of them wrote a later row.
 */

/** How to read the old rows that come under a root's name. */
export class PartitionRows {
  readonly #wholeRows: boolean
  readonly #keyRows: boolean
  /** Columns of the root that no partition's identity has. A value in one of them shows that an old row is whole. */
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
   * Marks what was not logged as absent. Returns whether the row is whole. Some partitions may log whole old rows and others only keys.
   * Then a row with nothing but NULL outside the keys can be either. It is read as a key, so that no NULL is invented.
   */
  read(spans: number[]): boolean {
    const isWhole = this.#wholeRows && (!this.#keyRows || this.#telling.some((at) => (spans[at] ?? SPAN_ABSENT) >= 0))
    if (!isWhole) leaveLoggedOnly(spans)
    return isWhole
  }
}

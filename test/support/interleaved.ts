import type { SimulatedLog, SimulatedRow, SimulatedTransaction } from './simulated/log.ts'

/**
 * Commits several transactions with interleaved row records, in the given order. Each size is a number of rows; 0 is an empty transaction.
 * Returns the committed transactions. The ids continue after the rows in the log.
 */
export function commitInterleaved(
  log: SimulatedLog,
  sizes: readonly number[],
  payloadBytes: number,
  atMs: number,
): readonly SimulatedTransaction[] {
  let lastId = Math.max(0, ...log.transactions.flatMap(({ rows }) => rows.map(({ id }) => id)))
  const rows: SimulatedRow[][] = sizes.map(() => [])
  for (let turn = 0; turn < Math.max(...sizes, 0); turn++) {
    for (const [index, size] of sizes.entries()) {
      if (turn < size) rows[index]?.push(log.row('c', ++lastId, payloadBytes))
    }
  }
  return rows.map((ofOne) => log.commit(ofOne, atMs))
}

/** The rows of all transactions committed up to `at` that our stream contains, in commit order. */
export function rowsUpTo({ transactions, createdAt }: SimulatedLog, at: number): readonly number[] {
  const shown = transactions.filter(({ endAt }) => endAt > createdAt && endAt <= at)
  return shown.flatMap(({ rows }) => rows.map(({ id }) => id))
}

/** The end of the last transaction that our stream contains. */
export function endOf({ transactions, createdAt }: SimulatedLog): number {
  return transactions.findLast(({ watched, endAt }) => watched && endAt > createdAt)?.endAt ?? createdAt
}

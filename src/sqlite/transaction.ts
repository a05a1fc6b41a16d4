import type { DatabaseSync } from 'node:sqlite'

/** Runs `work` in one SQLite transaction and rolls back when it throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    // When the disk is full, SQLite rolls back by itself.
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

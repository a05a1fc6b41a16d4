import type { DatabaseSync } from 'node:sqlite'

const current = new WeakMap<DatabaseSync, string>()

/**
 * `full` syncs the write-ahead log at every commit. `normal` leaves the sync to the next full commit or checkpoint. Do not call it within a
 * transaction.
 */
export function setSynchronous(db: DatabaseSync, mode: 'full' | 'normal'): void {
  if (current.get(db) === mode) return
  db.exec(`pragma synchronous = ${mode}`)
  current.set(db, mode)
}

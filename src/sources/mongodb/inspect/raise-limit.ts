import { type Fix, inDatabase, inFile } from '../../../model/fix.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { settingOf } from './shards/limit-name.ts'

const HOUR_MS = 3_600_000

/** What setup, the doctor and a lost position recommend as the minimum retention, unless the heartbeats need more: a week. */
export const RETENTION_MS = 168 * HOUR_MS

/** From MongoDB 4.4 on. The server takes only a double, and the shell makes an int of a whole number. */
export function minimumRetention(ms: number = RETENTION_MS): string {
  const hours = Math.ceil(ms / HOUR_MS)
  return `db.getSiblingDB("admin").runCommand({ replSetResizeOplog: 1, minRetentionHours: Double(${hours}) })`
}

/** Keeps the oplog for this time at least. */
export function raiseRetention(ms: number, shard: string | null = null): readonly Fix[] {
  const members = shard === null ? 'each member of the set' : `each member of the shard ${shard}`
  const hours = Math.ceil(ms / HOUR_MS)
  return [
    inDatabase(minimumRetention(ms), ADMINISTRATOR, { note: `on ${members}` }),
    inFile(`storage.oplogMinRetentionHours: ${hours}  (in the configuration of each mongod, for its next start)`),
  ]
}

/** Both limits of the oplog are raised by a minimum retention. */
export function raiseLimit(name: string, value: number): readonly Fix[] {
  const { setting, shard } = settingOf(name)
  return setting === 'oplogSizeMB' || setting === 'storage.oplogMinRetentionHours' ? raiseRetention(value, shard) : []
}

import { type Fix, inDatabase, inFile } from '../../../model/fix.ts'
import { shellCommandText } from '../connect/command-text.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'

const HOUR_MS = 3_600_000

/** Keeps the oplog for this time at least. From MongoDB 4.4 on. */
export function raiseRetention(ms: number): readonly Fix[] {
  const hours = Math.ceil(ms / HOUR_MS)
  const command = { replSetResizeOplog: 1, minRetentionHours: hours }
  return [
    inDatabase(shellCommandText({ database: 'admin', command }), ADMINISTRATOR, { note: 'on each member of the set' }),
    inFile(`storage.oplogMinRetentionHours: ${hours}  (in the configuration of each mongod, for its next start)`),
  ]
}

/** Both limits of the oplog are raised by a minimum retention. */
export function raiseLimit(name: string, value: number): readonly Fix[] {
  return name === 'oplogSizeMB' || name === 'storage.oplogMinRetentionHours' ? raiseRetention(value) : []
}

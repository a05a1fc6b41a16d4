import { readFileSync, truncateSync } from 'node:fs'
import { SIZE_AT } from '../../src/sources/mysql/decode/framing/event-header.ts'

/** Cuts the log file off where its last event begins, or so many bytes later, as a server leaves it that is killed while it writes. */
export function cutLastEvent(file: string, keptBytes = 0): void {
  const bytes = readFileSync(file)
  let [last, next] = [0, 4]
  while (next < bytes.length) [last, next] = [next, next + bytes.readUInt32LE(next + SIZE_AT)]
  truncateSync(file, last + keptBytes)
}

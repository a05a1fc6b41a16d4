import { createHash } from 'node:crypto'
import type { MysqlConfig } from '../config.ts'

/**
 * The server id of a reader. If two readers use the same id, the server ends the older one. Unless the configuration has one, it is derived
 * from the source's name and is above the numbers that people usually give to servers.
 */
export function serverIdOf(source: string, { serverId }: Pick<MysqlConfig, 'serverId'>): number {
  return serverId ?? (createHash('sha256').update(source).digest().readUInt32LE(0) | 0x8000_0000) >>> 0
}

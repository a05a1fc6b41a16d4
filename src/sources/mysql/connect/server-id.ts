import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { MysqlConfig } from '../config.ts'

/**
 * The server id of a reader. If two readers use the same id, the server ends the older one. Unless the configuration has one, it is derived
 * from the names of the source and of this machine, and is above the numbers that people usually give to servers. So a restart ends an old
 * connection of its own that the server still has, and two machines can read one server with the same configuration.
 */
export function serverIdOf(source: string, { serverId }: Pick<MysqlConfig, 'serverId'>, machine = hostname()): number {
  const derived = createHash('sha256').update(`${source}\0${machine}`).digest().readUInt32LE(0)
  return serverId ?? (derived | 0x8000_0000) >>> 0
}

/**
 * The UUID of a reader, which only MySQL knows: of two readers with the same UUID, the server ends the older one, and it does not compare the
 * server ids of readers that have one. So a replica that happens to have our server id does not disturb us.
 */
export function readerUuidOf(source: string, serverId: number): string {
  const hex = createHash('sha256').update(`offbeat ${serverId} ${source}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

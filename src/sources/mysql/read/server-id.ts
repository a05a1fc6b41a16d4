import { createHash } from 'node:crypto'

/**
 * The number by which the server knows a reader of its log: of two with one number it ends the older one. It is derived from the source's
 * name, above the numbers that people give to their servers.
 */
export function serverIdOf(source: string): number {
  return (createHash('sha256').update(source).digest().readUInt32LE(0) | 0x8000_0000) >>> 0
}

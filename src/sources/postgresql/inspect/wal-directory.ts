import type { Position } from '../../../model/position.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { lsnFromBigint } from '../position.ts'

/**
 * The content of `pg_wal`. It is more than any slot retains: the server also keeps files since its last checkpoint and recycled files for
 * later.
 */
export interface WalDirectory {
  readonly bytes: bigint
  readonly oldest: { readonly name: string; readonly position: Position }
}

/** A segment's name has three parts of eight hex digits: the timeline, then the number of its first byte in two parts. Needs pg_monitor. */
export async function readWalDirectory(
  connection: PostgresConnection,
  segmentBytes: number,
  options: StatementOptions,
): Promise<WalDirectory | null> {
  const [row] = await connection.query(
    `SELECT name, (sum(size) OVER ())::bigint::text AS bytes FROM pg_catalog.pg_ls_waldir()
     WHERE name ~ '^[0-9A-F]{24}$' ORDER BY substr(name, 9), name LIMIT 1`,
    [],
    options,
  )
  const name = row?.['name'] ?? null
  if (name === null) return null
  const first = (BigInt(`0x${name.slice(8, 16)}`) << 32n) + BigInt(`0x${name.slice(16)}`) * BigInt(segmentBytes)
  const oldest = { name: `segment ${name}`, position: lsnFromBigint(first) }
  return { bytes: BigInt(row?.['bytes'] ?? 0), oldest }
}

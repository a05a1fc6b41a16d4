import type { EventCursor } from '../framing/event-cursor.ts'

/**
 * The start of a MariaDB transaction. The server id is in the event header.
 *
 *   gtid    sequence:u64 domain:u32 flags:u8 ([group:u64] [xid] [extra] | 0:byte[6])
 *   xid     format:u32 globalLength:u8 branchLength:u8 global branch
 *
 * The other fields after the flags tell a replica how to apply the transaction, and are skipped. Flags: 1: a single statement follows,
 * without an end of its own. 2: `group` follows. 32: DDL. 64: the transaction ends with XA_PREPARE. 128: it commits or rolls back a
 * prepared transaction.
 */
export interface MariadbGtidEvent {
  /** `domain-server-sequence`. */
  readonly gtid: string
  /**
   * `transaction`: several events, without a BEGIN. `xa`: the same, but it ends prepared. `statement`: one statement, which is the whole
   * transaction.
   */
  readonly begins: 'transaction' | 'xa' | 'statement'
  /** The XID of an `xa`, as XA statements in the log write it. Otherwise ''. */
  readonly xid: string
}

const STANDS_ALONE = 1
const HAS_GROUP = 2
const PREPARES_XA = 64
const DECIDES_XA = 128

export function readMariadbGtid(cursor: EventCursor, serverId: number): MariadbGtidEvent {
  const sequence = cursor.u64()
  const domain = cursor.u32()
  const flags = cursor.u8()
  const gtid = `${domain}-${serverId}-${sequence}`
  if ((flags & PREPARES_XA) !== 0) {
    if ((flags & HAS_GROUP) !== 0) cursor.skip(8)
    return { gtid, begins: 'xa', xid: readXid(cursor) }
  }
  return { gtid, begins: (flags & (STANDS_ALONE | DECIDES_XA)) === 0 ? 'transaction' : 'statement', xid: '' }
}

function readXid(cursor: EventCursor): string {
  const format = cursor.u32()
  const globalLength = cursor.u8()
  const branchLength = cursor.u8()
  const global = cursor.copy(globalLength).toString('hex')
  return `X'${global}',X'${cursor.copy(branchLength).toString('hex')}',${format}`
}

const COUNT_BITS = 0x0fff_ffff

/**
 * The last GTIDs of each domain and server in the files before this one.
 *
 *   list   count:u32 (domain:u32 server:u32 sequence:u64)*       the upper four bits of `count` are flags
 *
 * Returns the set as MariaDB prints it: `0-1-5,1-2-7`.
 */
export function readMariadbGtidList(cursor: EventCursor): string {
  const count = cursor.u32() & COUNT_BITS
  const parts: string[] = []
  for (let i = 0; i < count; i++) parts.push(`${cursor.u32()}-${cursor.u32()}-${cursor.u64()}`)
  return parts.join(',')
}

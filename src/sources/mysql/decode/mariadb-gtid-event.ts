import type { EventCursor } from './event-cursor.ts'

/**
 * The beginning of a transaction of MariaDB; the server's number is the header's.
 *
 *   gtid    sequence:u64 domain:u32 flags:u8 ([group:u64] [xid] [extra] | 0:byte[6])
 *   xid     format:u32 globalLength:u8 branchLength:u8 global branch
 *
 * What else follows the flags says how a replica can apply it, and is passed over. Flag 1: one statement follows, with no end of its own. 2: `group`
 * follows. 32: it is DDL. 64: it ends with XA_PREPARE. 128: it decides a prepared one.
 */
export interface MariadbGtidEvent {
  /** `domain-server-sequence`. */
  readonly gtid: string
  /** `transaction`: of several events, which has no BEGIN. `xa`: the same, to be prepared. `statement`: one follows, which is all of it. */
  readonly begins: 'transaction' | 'xa' | 'statement'
  /** Of `xa`, as the statements of XA in the log have it; else ''. */
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
 * The last ids of each domain and server in the files before this one.
 *
 *   list   count:u32 (domain:u32 server:u32 sequence:u64)*       the upper four bits of `count` are flags
 *
 * As MariaDB writes the set: `0-1-5,1-2-7`.
 */
export function readMariadbGtidList(cursor: EventCursor): string {
  const count = cursor.u32() & COUNT_BITS
  const parts: string[] = []
  for (let i = 0; i < count; i++) parts.push(`${cursor.u32()}-${cursor.u32()}-${cursor.u64()}`)
  return parts.join(',')
}

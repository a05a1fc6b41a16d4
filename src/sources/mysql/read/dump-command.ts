import { FIRST_POSITION } from '../position/log-file.ts'
import type { MysqlGtidSet } from '../position/mysql-gtid-set.ts'

const COM_BINLOG_DUMP = 0x12
const COM_REGISTER_SLAVE = 0x15
const COM_BINLOG_DUMP_GTID = 0x1e
/** A flag of COM_BINLOG_DUMP_GTID: the GTIDs determine the start, not the file. */
const THROUGH_GTID = 0x04
/** A flag of COM_BINLOG_DUMP: the server ends the dump at the end of the log, and does not wait for more. */
const NON_BLOCKING = 0x01
/** The server id of mysqlbinlog. A reader with this id ends no other reader with the same id. */
const NOBODY = 0

export interface FileStart {
  readonly file: string
  /** At most 2^32 - 1. */
  readonly position: number
}

/** The longest name that every version accepts. */
const LONGEST_NAME = 60

/** The part of the name that the server gets. A source's name is ASCII. */
export function registeredName(name: string): string {
  return name.slice(0, LONGEST_NAME)
}

/**
 * Tells the server who reads its log: SHOW REPLICAS (SHOW SLAVE HOSTS) shows the name as the host, until the connection ends.
 *
 *   register   0x15 serverId:u32 length:u8 name 0:u8 (no user) 0:u8 (no password) 0:u16 (no port) 0:u32 0:u32
 */
export function registration(name: string, serverId: number): Buffer {
  const bytes = Buffer.from(registeredName(name))
  const body = Buffer.alloc(18 + bytes.length)
  body.writeUInt8(COM_REGISTER_SLAVE, 0)
  body.writeUInt32LE(serverId, 1)
  body.writeUInt8(bytes.length, 5)
  bytes.copy(body, 6)
  return packet(body)
}

/**
 * Requests the log from a file and position on. MariaDB starts from `@slave_connect_state` if it is set, whatever the file and position.
 *
 *   dump   0x12 position:u32 flags:u16 serverId:u32 file, up to the end
 */
export function fileDump(start: FileStart, serverId: number): Buffer {
  return packet(fileDumpBody(start, 0, serverId))
}

/** Requests what is in the log now, from a file and position on. */
export function presentDump(start: FileStart): Buffer {
  return packet(fileDumpBody(start, NON_BLOCKING, NOBODY))
}

function fileDumpBody({ file, position }: FileStart, flags: number, serverId: number): Buffer {
  const name = Buffer.from(file)
  const body = Buffer.alloc(11 + name.length)
  body.writeUInt8(COM_BINLOG_DUMP, 0)
  body.writeUInt32LE(position, 1)
  body.writeUInt16LE(flags, 5)
  body.writeUInt32LE(serverId, 7)
  name.copy(body, 11)
  return body
}

/**
 * Requests all transactions from MySQL that are not in the set.
 *
 *   dump   0x1e flags:u16 serverId:u32 nameLength:u32 name position:u64 setLength:u32 set
 */
export function gtidDump(gtids: MysqlGtidSet, serverId: number): Buffer {
  const set = gtidSetBytes(gtids)
  const head = Buffer.alloc(23)
  head.writeUInt8(COM_BINLOG_DUMP_GTID, 0)
  head.writeUInt16LE(THROUGH_GTID, 1)
  head.writeUInt32LE(serverId, 3)
  head.writeBigUInt64LE(BigInt(FIRST_POSITION), 11)
  head.writeUInt32LE(set.length, 19)
  return packet(Buffer.concat([head, set]))
}

/**
 *   set     count:u64 (uuid:byte[16] tag intervals:u64 (first:u64 behindLast:u64)*)*
 *   tag     nothing in a set without tags, which every version reads; else length * 2:u8 text
 *
 * With tags (MySQL 8.3 and later), the lowest and the highest byte of `count` are 1, and the six bytes between are the number.
 */
function gtidSetBytes(gtids: MysqlGtidSet): Buffer {
  const tagged = [...gtids.keys()].some((key) => key.includes(':'))
  const count = BigInt(gtids.size)
  const parts = [u64(tagged ? (1n << 56n) | (count << 8n) | 1n : count)]
  for (const [key, intervals] of gtids) {
    const [uuid = '', tag = ''] = key.split(':')
    parts.push(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
    if (tagged) parts.push(Buffer.from([tag.length * 2]), Buffer.from(tag))
    parts.push(u64(BigInt(intervals.length)))
    for (const { first, last } of intervals) parts.push(u64(first), u64(last + 1n))
  }
  return Buffer.concat(parts)
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

/** Wraps the body in a packet with sequence number 0, which starts a command. */
function packet(body: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUIntLE(body.length, 0, 3)
  return Buffer.concat([header, body])
}

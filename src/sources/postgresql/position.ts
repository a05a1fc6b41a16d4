import { OffbeatError } from '../../model/error.ts'
import type { Order, Position, PositionCodec } from '../../model/position.ts'

const LSN = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i

/** A log sequence number from its two halves, as the protocol carries it: `0/1A2B3C8`, upper hex without leading zeros. */
function formatLsn(high: number, low: number): Position {
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}` as Position
}

/** The eight bytes at `at` (network order) as a position. */
export function readLsn(bytes: Buffer, at: number): Position {
  return formatLsn(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4))
}

/** The number of bytes since 0/0. */
export function lsnToBigint(position: Position): bigint {
  const [, high, low] = LSN.exec(position) ?? []
  if (high === undefined || low === undefined) throw invalid(position)
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

export function lsnFromBigint(lsn: bigint): Position {
  return formatLsn(Number(lsn >> 32n), Number(lsn & 0xffff_ffffn))
}

function invalid(text: string): OffbeatError {
  return new OffbeatError('POSITION_INVALID', {
    message: `"${text}" is not a PostgreSQL log sequence number`,
    found: text,
    expected: 'two hexadecimal numbers of up to 8 digits with a slash between, e.g. 0/1A2B3C8',
  })
}

function parse(text: string): Position {
  const [, high, low] = LSN.exec(text.trim()) ?? []
  if (high === undefined || low === undefined) throw invalid(text)
  return formatLsn(Number.parseInt(high, 16), Number.parseInt(low, 16))
}

function compare(a: Position, b: Position): Order {
  const left = lsnToBigint(a)
  const right = lsnToBigint(b)
  if (left === right) return 'same'
  return left < right ? 'before' : 'after'
}

/** Positions are LSNs; they order within one server and the timelines that it went through. */
export const LSN_POSITIONS: PositionCodec = { parse, compare }

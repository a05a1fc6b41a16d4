import { OffbeatError } from '../../model/error.ts'
import type { Order, Position, PositionCodec } from '../../model/position.ts'

const LSN = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i

/** A log sequence number. As text it is what PostgreSQL prints: `0/1A2B3C8`, upper-case hex without leading zeros. */
class Lsn implements Position {
  declare readonly __brand: 'Position'
  /** The number of bytes since 0/0. */
  readonly value: bigint

  constructor(value: bigint) {
    this.value = value
  }

  toString(): string {
    const high = (this.value >> 32n).toString(16)
    const low = (this.value & 0xffff_ffffn).toString(16)
    return `${high}/${low}`.toUpperCase()
  }
}

/** The eight bytes at `at` (network order) as a position. */
export function readLsn(bytes: Buffer, at: number): Position {
  return new Lsn(bytes.readBigUInt64BE(at))
}

/** The number of bytes since 0/0. */
export function lsnToBigint(position: Position): bigint {
  if (position instanceof Lsn) return position.value
  throw new OffbeatError('DEFECT', { message: 'a position of another source was given to PostgreSQL' })
}

export function lsnFromBigint(lsn: bigint): Position {
  return new Lsn(lsn)
}

function parse(text: string): Position {
  const [, high, low] = LSN.exec(text.trim()) ?? []
  if (high !== undefined && low !== undefined) return new Lsn((BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`))
  throw new OffbeatError('POSITION_INVALID', {
    message: `"${text}" is not a PostgreSQL log sequence number`,
    found: text,
    expected: 'two hexadecimal numbers of up to 8 digits with a slash between, e.g. 0/1A2B3C8',
  })
}

function compare(a: Position, b: Position): Order {
  const left = lsnToBigint(a)
  const right = lsnToBigint(b)
  if (left === right) return 'same'
  return left < right ? 'before' : 'after'
}

/** Positions are LSNs. They are ordered within one server and its timelines. */
export const LSN_POSITIONS: PositionCodec = { order: 'total', parse, text: String, short: String, compare }

import type { ByteWriter } from '../model/byte-writer.ts'
import type { JsonWriter } from '../model/table.ts'
import { writeText } from './json-text.ts'
import { invalidValue } from './value-error.ts'

/*
 * numeric as Debezium writes it with decimal.handling.mode double and precise, in JSON without schemas.
 *
 *   text     '-'? digits ('.' digits)? | 'NaN' | 'Infinity' | '-Infinity'
 *   double   a number; the three words become strings
 *   precise  numeric(p, s): base64 of the value times 10^s as a two's complement, most significant byte first
 *            numeric:       {"scale": s, "value": the same}, where s is the number of the value's decimals without trailing zeros
 *            the three words become null, because a two's complement cannot represent them
 */

const DECIMAL = /^-?\d+(?:\.(\d+))?$/u
const WORDS: readonly string[] = ['NaN', 'Infinity', '-Infinity']

function textOf(from: Uint8Array, start: number, end: number): string {
  return Buffer.from(from.buffer, from.byteOffset + start, end - start).toString('latin1')
}

export const writeDouble: JsonWriter = (from, start, end, to) => {
  const text = textOf(from, start, end)
  if (WORDS.includes(text)) {
    writeText(from, start, end, to)
    return
  }
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number)) throw invalidValue('a decimal number', end - start)
  if (Number.isFinite(number)) to.ascii(JSON.stringify(number))
  else to.ascii(number < 0 ? '"-Infinity"' : '"Infinity"')
}

/** numeric without a declared scale: each value has its own. */
export const writeScaled: JsonWriter = (from, start, end, to) => {
  const text = textOf(from, start, end)
  if (WORDS.includes(text)) {
    to.ascii('null')
    return
  }
  const short = text.includes('.') ? text.replace(/\.?0+$/u, '') : text
  const scale = DECIMAL.exec(short)?.[1]?.length ?? 0
  to.ascii(`{"scale":${scale},"value":`)
  writeUnscaled(short, scale, to)
  to.ascii('}')
}

/** numeric(p, s). A negative scale is written like no scale: 12300 as numeric(3, -2) is 12300. */
export function unscaledWriter(scale: number): JsonWriter {
  const decimals = Math.max(scale, 0)
  return (from, start, end, to) => {
    const text = textOf(from, start, end)
    if (WORDS.includes(text)) to.ascii('null')
    else writeUnscaled(text, decimals, to)
  }
}

function writeUnscaled(text: string, scale: number, to: ByteWriter): void {
  const match = DECIMAL.exec(text)
  const decimals = match?.[1] ?? ''
  if (match === null || decimals.length > scale) throw invalidValue('a decimal number of its scale', text.length)
  const unscaled = BigInt(text.replace('.', '') + '0'.repeat(scale - decimals.length))
  to.ascii(`"${twosComplement(unscaled).toString('base64')}"`)
}

/** The fewest bytes that hold the value with its sign. */
function twosComplement(value: bigint): Buffer {
  const magnitude = value < 0n ? -value - 1n : value
  const bits = magnitude === 0n ? 0 : magnitude.toString(2).length
  const bytes = Math.floor(bits / 8) + 1
  const hex = BigInt.asUintN(bytes * 8, value).toString(16)
  return Buffer.from(hex.padStart(bytes * 2, '0'), 'hex')
}

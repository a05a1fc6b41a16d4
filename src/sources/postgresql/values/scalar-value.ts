import type { ByteWriter } from '../../../model/byte-writer.ts'
import { type HexForm, hexForm } from '../../../values/hex.ts'
import { writeText } from '../../../values/json-text.ts'
import { invalidValue } from '../../../values/value-error.ts'
import type { BinaryHandlingMode } from '../../../values/value-modes.ts'

const ZERO = 0x30
const NINE = 0x39
const MINUS = 0x2d
const POINT = 0x2e
const COMMA = 0x2c
const QUOTE = 0x22
const DOLLAR = 0x24
const BACKSLASH = 0x5c
const LOWER_X = 0x78

/** money in the C locale (`-$1,234.50`) as a decimal in a string (`-1234.50`). */
export function writeMoney(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  to.reserve(end - start + 2)
  const out = to.bytes
  let at = to.length
  let i = start
  out[at++] = QUOTE
  if (from[i] === MINUS) out[at++] = from[i++] as number
  if (from[i] !== DOLLAR || i + 1 >= end) throw invalidValue('an amount of money in the C locale', end - start)
  for (i++; i < end; i++) {
    const byte = from[i] as number
    if (byte === COMMA) continue
    if (byte !== POINT && (byte < ZERO || byte > NINE)) {
      throw invalidValue('an amount of money in the C locale', end - start)
    }
    out[at++] = byte
  }
  out[at++] = QUOTE
  to.length = at
}

const TRUE = Buffer.from('true', 'latin1')
const FALSE = Buffer.from('false', 'latin1')

/** `t` or `f`. */
export function writeBoolean(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const letter = from[start]
  if (end - start !== 1 || (letter !== 0x74 && letter !== 0x66)) throw invalidValue('t or f', end - start)
  const word = letter === 0x74 ? TRUE : FALSE
  to.copy(word, 0, word.length)
}

/** The one-byte type "char". A byte beyond ASCII is written as `\ooo`, as servers from 16 on write it themselves. */
export function writeCharByte(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const byte = from[start] ?? 0
  if (end - start !== 1 || byte < 0x80) {
    writeText(from, start, end, to)
    return
  }
  to.ascii(`"\\\\${byte.toString(8)}"`)
}

/** bytea in the output form `hex`: `\x` and the digits. */
export function byteaForm(mode: BinaryHandlingMode): HexForm {
  const { write, ...rest } = hexForm(mode)
  return {
    ...rest,
    write: (from, start, end, to) => {
      if (from[start] !== BACKSLASH || from[start + 1] !== LOWER_X || end < start + 2)
        throw invalidValue('bytes in hexadecimal form', end - start)
      write(from, start + 2, end, to)
    },
  }
}

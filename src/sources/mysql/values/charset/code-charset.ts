import type { ByteWriter } from '../../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../../model/table.ts'
import { invalidValue } from '../../../../values/value-error.ts'

/** Decodes texts of one character set. */
export interface Charset {
  readonly name: string
  readonly write: JsonWriter
  /** Throws VALUE_INVALID. */
  decode(bytes: Uint8Array): string
}

/** Which bytes form a character. Each range is from the lowest to the highest byte. */
interface Shape {
  readonly single: readonly Range[]
  readonly lead: readonly Range[]
  readonly trail: readonly Range[]
  /** In front of a `lead` and a `trail` byte, this byte starts a character of three bytes. */
  readonly prefix?: number
}

type Range = readonly [first: number, last: number]

const ASCII: Range = [0, 0x7f]
const EUC: Range = [0xa1, 0xfe]
const HALF_WIDTH: Range = [0xa1, 0xdf]
const SHIFTED: Shape = {
  single: [ASCII, HALF_WIDTH],
  lead: [
    [0x81, 0x9f],
    [0xe0, 0xfc],
  ],
  trail: [
    [0x40, 0x7e],
    [0x80, 0xfc],
  ],
}
/** 0x8e followed by one byte is a half-width character. */
const JAPANESE: Shape = { single: [ASCII], lead: [[0x8e, 0x8e], EUC], trail: [EUC], prefix: 0x8f }

/**
 * The multi-byte character sets that are decoded with a table read from the server. All others decoded this way have one byte per
 * character.
 */
const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['big5', { single: [ASCII], lead: [[0xa1, 0xf9]], trail: [[0x40, 0x7e], EUC] }],
  [
    'gbk',
    {
      single: [ASCII],
      lead: [[0x81, 0xfe]],
      trail: [
        [0x40, 0x7e],
        [0x80, 0xfe],
      ],
    },
  ],
  ['gb2312', { single: [ASCII], lead: [[0xa1, 0xf7]], trail: [EUC] }],
  ['sjis', SHIFTED],
  ['cp932', SHIFTED],
  [
    'euckr',
    {
      single: [ASCII],
      lead: [[0x81, 0xfe]],
      trail: [
        [0x41, 0x5a],
        [0x61, 0x7a],
        [0x81, 0xfe],
      ],
    },
  ],
  ['ujis', JAPANESE],
  ['eucjpms', JAPANESE],
])
const ONE_BYTE: Shape = { single: [[0, 0xff]], lead: [], trail: [] }

/** Asks the server to decode bytes of the character set. Returns the characters as code points. */
export type CharacterQuery = (charset: string, bytes: Buffer) => Promise<readonly number[]>

/**
 * Reads the whole table from the server, which takes a few milliseconds. null: the server returned a different number of characters than
 * expected.
 */
export async function readCodeCharset(name: string, ask: CharacterQuery): Promise<Charset | null> {
  const shape = SHAPES.get(name) ?? ONE_BYTE
  const codes = codesOf(shape)
  const points = await ask(name, Buffer.concat(codes))
  if (points.length !== codes.length) return null
  const table = new CodeTable(name, shape)
  for (const [i, code] of codes.entries()) table.set(code, points[i] ?? 0)
  return {
    name,
    write: (from, start, end, to) => table.write(from, start, end, to),
    decode: (bytes) => table.decode(bytes),
  }
}

function codesOf({ single, lead, trail, prefix }: Shape): Buffer[] {
  const pairs = bytesIn(lead).flatMap((first) => bytesIn(trail).map((second) => [first, second]))
  // Half-width characters do not occur after the prefix.
  const triples =
    prefix === undefined ? [] : pairs.filter(([first = 0]) => first >= EUC[0]).map((pair) => [prefix, ...pair])
  const wide =
    prefix === undefined ? pairs : pairs.filter(([first = 0, second = 0]) => first >= EUC[0] || second <= HALF_WIDTH[1])
  return [...bytesIn(single).map((byte) => [byte]), ...wide, ...triples].map((code) => Buffer.from(code))
}

function bytesIn(ranges: readonly Range[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
}

const NONE = 0xffff_ffff
const QUOTE = 0x22
/** The largest growth per input byte: a character takes at most three bytes for each byte, and a control character takes six in JSON. */
const GROWTH = 6
const PIECE_BYTES = 64 * 1024
const LONGEST_CODE = 3
const HEX = Buffer.from('0123456789abcdef', 'latin1')
const BACKSLASH = 0x5c

class CodeTable {
  readonly #name: string
  readonly #prefix: number
  /** Indexed by the byte. NONE: the byte is not a character by itself. */
  readonly #single = new Uint32Array(0x100).fill(NONE)
  /** Indexed by the first byte times 256 plus the second. */
  readonly #double: Uint32Array
  readonly #triple: Uint32Array

  constructor(name: string, { lead, prefix }: Shape) {
    this.#name = name
    this.#prefix = prefix ?? -1
    this.#double = new Uint32Array(lead.length === 0 ? 0 : 0x1_0000).fill(NONE)
    this.#triple = new Uint32Array(prefix === undefined ? 0 : 0x1_0000).fill(NONE)
  }

  set(code: Buffer, point: number): void {
    const [first = 0, second = 0, third = 0] = code
    if (code.length === 1) this.#single[first] = point
    else if (code.length === 2) this.#double[first * 256 + second] = point
    else this.#triple[second * 256 + third] = point
  }

  write(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
    to.byte(QUOTE)
    let at = start
    let reservedTo = start
    while (at < end) {
      if (at >= reservedTo) {
        // Reserve room piece by piece: the worst case of a long text is far more than it usually needs.
        to.reserve(PIECE_BYTES * GROWTH)
        reservedTo = at + PIECE_BYTES - LONGEST_CODE
      }
      const byte = from[at] as number
      const point = this.#single[byte] as number
      if (point !== NONE) {
        at++
        writePoint(point, to)
      } else {
        writePoint(this.#wide(from, at, end, end - start), to)
        at += byte === this.#prefix ? 3 : 2
      }
    }
    to.byte(QUOTE)
  }

  decode(bytes: Uint8Array): string {
    let text = ''
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at] as number
      const point = this.#single[byte] as number
      text += String.fromCodePoint(point === NONE ? this.#wide(bytes, at, bytes.length, bytes.length) : point)
      if (point !== NONE) at++
      else at += byte === this.#prefix ? 3 : 2
    }
    return text
  }

  #wide(from: Uint8Array, at: number, end: number, length: number): number {
    const isTriple = from[at] === this.#prefix
    const first = isTriple ? at + 1 : at
    const table = isTriple ? this.#triple : this.#double
    const point = first + 1 < end ? table[(from[first] as number) * 256 + (from[first + 1] as number)] : NONE
    if (point === undefined || point === NONE) throw invalidValue(`a text in ${this.#name}`, length)
    return point
  }
}

/** Writes a code point in UTF-8, inside a JSON string. The caller has reserved the room. */
function writePoint(point: number, to: ByteWriter): void {
  const { bytes } = to
  if (point < 0x80) {
    writeAscii(point, to)
    return
  }
  if (point < 0x800) bytes[to.length++] = 0xc0 | (point >> 6)
  else {
    if (point < 0x1_0000) bytes[to.length++] = 0xe0 | (point >> 12)
    else {
      bytes[to.length++] = 0xf0 | (point >> 18)
      bytes[to.length++] = 0x80 | ((point >> 12) & 63)
    }
    bytes[to.length++] = 0x80 | ((point >> 6) & 63)
  }
  bytes[to.length++] = 0x80 | (point & 63)
}

function writeAscii(point: number, to: ByteWriter): void {
  const { bytes } = to
  if (point >= 0x20) {
    if (point === QUOTE || point === BACKSLASH) bytes[to.length++] = BACKSLASH
    bytes[to.length++] = point
    return
  }
  const short = SHORT_ESCAPES.get(point)
  bytes[to.length++] = BACKSLASH
  if (short !== undefined) {
    bytes[to.length++] = short
    return
  }
  bytes[to.length++] = 0x75
  bytes[to.length++] = 0x30
  bytes[to.length++] = 0x30
  bytes[to.length++] = HEX[point >> 4] as number
  bytes[to.length++] = HEX[point & 15] as number
}

/** The letter after the backslash, by the control character. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
])

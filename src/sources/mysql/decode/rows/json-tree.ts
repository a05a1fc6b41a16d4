/*
 * A document in MySQL's binary form of JSON as a tree that can be changed. Scalars stay the bytes that they are. The grammar is in
 * values/json-value.ts. What is written has only large objects and arrays, which every reader of the form understands.
 */

export type JsonNode = JsonScalar | JsonContainer

/** `kind` and `data`: as in the document. */
export interface JsonScalar {
  readonly kind: number
  readonly data: Buffer
}

export interface JsonContainer {
  readonly kind: 'object' | 'array'
  /** The members of an object are in the server's order. An element of an array has no key. */
  readonly entries: JsonEntry[]
}

export interface JsonEntry {
  readonly key: Buffer
  value: JsonNode
}

const SMALL_OBJECT = 0
const LARGE_OBJECT = 1
const LARGE_ARRAY = 3
const OPAQUE = 15
const TEXT = 12
/** The bytes of scalars of a fixed length, by kind. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [4, 1],
  [5, 2],
  [6, 2],
  [7, 4],
  [8, 4],
  [9, 8],
  [10, 8],
  [11, 8],
])
/** What an entry of a large object or array has in place of an offset. */
const INLINE: readonly number[] = [4, 5, 6, 7, 8]
/** And of a small one. */
const SMALL_INLINE: readonly number[] = [4, 5, 6]
const NO_KEY = Buffer.alloc(0)
/** The server's limit on nesting. */
const DEEPEST = 100

/** Thrown for bytes that are not a document. The caller knows the position of the event. */
export class JsonTreeError extends Error {}

export function parseJsonTree(bytes: Buffer): JsonNode {
  const reader = new TreeReader(bytes)
  return reader.value(reader.byte(0), 1, bytes.length, 0)
}

class TreeReader {
  readonly #bytes: Buffer
  /** Each byte belongs to one value, so a document that needs more bytes than it has is invalid. */
  #unread: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#unread = bytes.length
  }

  byte(at: number): number {
    const byte = this.#bytes[at]
    if (byte === undefined) throw new JsonTreeError('a document ends too early')
    return byte
  }

  value(kind: number, at: number, end: number, depth: number): JsonNode {
    if (kind <= LARGE_ARRAY) return this.#container(kind, at, end, depth)
    const fixed = FIXED_BYTES.get(kind)
    if (fixed !== undefined) return { kind, data: this.#data(at, at + fixed, end) }
    if (kind !== TEXT && kind !== OPAQUE) throw new JsonTreeError(`a value of the unknown kind ${kind}`)
    const lengthAt = kind === OPAQUE ? at + 1 : at
    let lengthEnd = lengthAt
    while ((this.byte(lengthEnd) & 0x80) !== 0) lengthEnd++
    if (lengthEnd - lengthAt > 4) throw new JsonTreeError('a length of too many bytes')
    let length = 0
    for (let i = lengthEnd; i >= lengthAt; i--) length = length * 128 + (this.byte(i) & 0x7f)
    return { kind, data: this.#data(at, lengthEnd + 1 + length, end) }
  }

  #data(start: number, until: number, end: number): Buffer {
    this.#unread -= until - start
    if (until > end || this.#unread < 0) throw new JsonTreeError('a value ends behind its document')
    return this.#bytes.subarray(start, until)
  }

  #container(kind: number, start: number, outerEnd: number, depth: number): JsonContainer {
    if (depth >= DEEPEST) throw new JsonTreeError('a document that is nested too deeply')
    const isLarge = kind === LARGE_OBJECT || kind === LARGE_ARRAY
    const isObject = kind === SMALL_OBJECT || kind === LARGE_OBJECT
    const width = isLarge ? 4 : 2
    const count = this.#number(start, width)
    const end = start + this.#number(start + width, width)
    const keysAt = start + 2 * width
    const entriesAt = isObject ? keysAt + count * (width + 2) : keysAt
    const headEnd = entriesAt + count * (width + 1)
    if (headEnd > end || end > outerEnd) throw new JsonTreeError('an object or array ends behind its document')
    this.#unread -= headEnd - start
    const entries: JsonEntry[] = []
    for (let i = 0; i < count; i++) {
      const key = isObject ? this.#key(start, keysAt + i * (width + 2), width, end) : NO_KEY
      const at = entriesAt + i * (width + 1)
      const entryKind = this.byte(at)
      const isInline = (isLarge ? INLINE : SMALL_INLINE).includes(entryKind)
      if (isInline) this.#unread += width
      const valueAt = isInline ? at + 1 : start + this.#number(at + 1, width)
      entries.push({ key, value: this.value(entryKind, valueAt, end, depth + 1) })
    }
    return { kind: isObject ? 'object' : 'array', entries }
  }

  #key(start: number, at: number, width: number, end: number): Buffer {
    const keyAt = start + this.#number(at, width)
    return this.#data(keyAt, keyAt + this.#number(at + width, 2), end)
  }

  #number(at: number, width: number): number {
    if (at + width > this.#bytes.length) throw new JsonTreeError('a document ends too early')
    return this.#bytes.readUIntLE(at, width)
  }
}

/** The document with its kind in front. */
export function jsonTreeBytes(node: JsonNode): Buffer {
  const parts: Buffer[] = [Buffer.from([kindOf(node)])]
  writeNode(node, parts)
  return Buffer.concat(parts)
}

function kindOf({ kind }: JsonNode): number {
  if (kind === 'object') return LARGE_OBJECT
  return kind === 'array' ? LARGE_ARRAY : kind
}

function isContainer(node: JsonNode): node is JsonContainer {
  return node.kind === 'object' || node.kind === 'array'
}

/** Returns the number of bytes. */
function writeNode(node: JsonNode, parts: Buffer[]): number {
  if (!isContainer(node)) {
    parts.push(node.data)
    return node.data.length
  }
  const { kind, entries } = node
  const keyBytes = kind === 'object' ? 6 : 0
  const head = Buffer.alloc(8 + entries.length * (keyBytes + 5))
  parts.push(head)
  let end = head.length
  if (kind === 'object') {
    for (const [i, { key }] of entries.entries()) {
      head.writeUInt32LE(end, 8 + i * 6)
      head.writeUInt16LE(key.length, 8 + i * 6 + 4)
      parts.push(key)
      end += key.length
    }
  }
  for (const [i, { value }] of entries.entries()) {
    const at = 8 + entries.length * keyBytes + i * 5
    head.writeUInt8(kindOf(value), at)
    if (!isContainer(value) && INLINE.includes(value.kind)) {
      value.data.copy(head, at + 1)
      continue
    }
    head.writeUInt32LE(end, at + 1)
    end += writeNode(value, parts)
  }
  head.writeUInt32LE(entries.length, 0)
  head.writeUInt32LE(end, 4)
  return end
}

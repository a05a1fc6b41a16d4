import { createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import type { EventCursor } from '../framing/event-cursor.ts'

/**
 * A whole compressed transaction: everything after its GTID.
 *
 *   payload      (field:lenenc length:lenenc value)* 0 events
 *   value        1 size of `events`:lenenc | 2 method:lenenc, 0 zstd, 255 none | 3 size of the unpacked events:lenenc
 *
 * The events inside have no checksum.
 */
export interface Payload {
  readonly method: 'zstd' | 'none'
  readonly unpackedBytes: number
  /** A view into the event's bytes. */
  readonly packed: Buffer
}

const END = 0
const PACKED_SIZE = 1
const METHOD = 2
const UNPACKED_SIZE = 3
const ZSTD = 0
const NONE = 255
/** Payloads up to this size are decompressed at once, larger ones in pieces. */
export const AT_ONCE_BYTES = 1024 * 1024

export function readPayload(cursor: EventCursor): Payload {
  let [size, method, unpacked]: [number | null, number | null, number | null] = [null, null, null]
  for (;;) {
    const field = cursor.lenenc()
    if (field === END) break
    const value = cursor.part(cursor.lenenc())
    if (field === PACKED_SIZE) size = value.lenenc()
    else if (field === METHOD) method = value.lenenc()
    else if (field === UNPACKED_SIZE) unpacked = value.lenenc()
  }
  if (method !== ZSTD && method !== NONE)
    throw cursor.invalid(`the method of compression ${method ?? 'that is missing'}`)
  if (size !== null && size !== cursor.left) throw cursor.invalid('a payload of another size than it says')
  return {
    method: method === ZSTD ? 'zstd' : 'none',
    unpackedBytes: unpacked ?? cursor.left,
    packed: cursor.bytes.subarray(cursor.at, cursor.end),
  }
}

/** For a payload of at most AT_ONCE_BYTES. */
export function unpackAtOnce({ method, packed, unpackedBytes }: Payload, cursor: EventCursor): Buffer {
  if (method === 'none') return packed
  try {
    const unpacked = zstdDecompressSync(packed, { maxOutputLength: unpackedBytes + 1 })
    if (unpacked.length === unpackedBytes) return unpacked
  } catch {
    // The thrown error adds nothing to this.
  }
  throw notUnpacked(cursor)
}

/** Decompresses in pieces: the whole payload is never in memory. */
export async function* unpackInPieces(
  { method, packed, unpackedBytes }: Payload,
  cursor: EventCursor,
): AsyncGenerator<Buffer> {
  if (method === 'none') {
    yield packed
    return
  }
  const stream = createZstdDecompress({ chunkSize: AT_ONCE_BYTES / 4 })
  let bytes = 0
  try {
    stream.end(packed)
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) throw notUnpacked(cursor)
      bytes += chunk.length
      if (bytes > unpackedBytes) throw notUnpacked(cursor)
      yield chunk
    }
  } catch (error) {
    // The second one is Node's own, for bytes that end too early.
    if (error instanceof Error && 'code' in error && /^ZSTD_|^Z_BUF_ERROR$/u.test(String(error.code)))
      throw notUnpacked(cursor)
    throw error
  } finally {
    stream.destroy()
  }
  if (bytes !== unpackedBytes) throw notUnpacked(cursor)
}

function notUnpacked(cursor: EventCursor) {
  return cursor.invalid('a payload that is not compressed as it says')
}

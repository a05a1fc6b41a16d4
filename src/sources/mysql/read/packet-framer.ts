import { OffbeatError } from '../../../model/error.ts'
import { type Framing, MessageFramer } from '../../stream/message-framer.ts'
import { SIZE_AT } from '../decode/framing/event-header.ts'

const HEADER_BYTES = 4
/** A packet of this length is continued in the next one. */
const LONGEST = 0xff_ffff
/** The largest message: the largest event and the byte in front of it. */
const LONGEST_WHOLE = 0x4000_0000 + LONGEST

const PACKETS: Framing = {
  headerBytes: HEADER_BYTES,
  bodyAt: HEADER_BYTES,
  sizeOf: (bytes, at) => HEADER_BYTES + bytes.readUIntLE(at, 3),
}

/**
 * Splits the bytes that a server sends during a dump into messages.
 *
 *   message   packet* where all but the last have 2^24 - 1 bytes
 *   packet    length:u24 number:u8 byte[length]
 *
 * Works like `MessageFramer`: call `push` with a chunk, then `advance` until it returns false. After each `true` the message is in `bytes`
 * from `start` to `end`. A message of several packets is assembled in a buffer of its own, as large as its event.
 */
export class PacketFramer {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  readonly #packets = new MessageFramer(PACKETS)
  #whole: Buffer | null = null
  #length = 0

  push(chunk: Buffer): void {
    this.#packets.push(chunk)
  }

  advance(): boolean {
    const packets = this.#packets
    while (packets.advance()) {
      const isLast = packets.end - packets.start < LONGEST
      if (isLast && this.#whole === null) return this.#present(packets.bytes, packets.start, packets.end)
      const whole = this.#add(packets)
      if (!isLast) continue
      this.#whole = null
      return this.#present(whole, 0, this.#length)
    }
    return false
  }

  #present(bytes: Buffer, start: number, end: number): true {
    this.bytes = bytes
    this.start = start
    this.end = end
    return true
  }

  #add({ bytes, start, end }: MessageFramer): Buffer {
    if (this.#whole === null) {
      this.#whole = Buffer.allocUnsafeSlow(sizeOf(bytes, start))
      this.#length = 0
    }
    if (this.#length + end - start > this.#whole.length) throw broken(`more than ${this.#whole.length} bytes`)
    bytes.copy(this.#whole, this.#length, start, end)
    this.#length += end - start
    return this.#whole
  }
}

/** The size of the message whose first packet begins at `start`: a zero byte, then an event. */
function sizeOf(bytes: Buffer, start: number): number {
  const size = 1 + bytes.readUInt32LE(start + 1 + SIZE_AT)
  if (bytes[start] === 0 && size >= LONGEST && size <= LONGEST_WHOLE) return size
  throw broken(`a message of kind ${bytes[start] ?? 0} for ${size} bytes`)
}

function broken(found: string): OffbeatError {
  return new OffbeatError('DATABASE_STREAM_BROKEN', {
    message: 'the packets of an event do not follow the protocol',
    found,
    expected: 'packets that are together as long as their event',
  })
}
